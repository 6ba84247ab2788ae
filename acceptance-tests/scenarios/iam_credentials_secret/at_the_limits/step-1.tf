resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = format("%0256d", 0)
  description             = format("%01024d", 0)
  labels                  = [for n in range(30) : format("%064d", n)]
  access_groups           = [for n in range(10) : "AccessGroupId-00000000-0000-4000-8000-00000000000${n}"]
  ttl                     = "90d"
  custom_metadata         = { k = format("%010000d", 0) }
  version_custom_metadata = { k = format("%010000d", 0) }
}

resource "ibm_sm_iam_credentials_secret" "least" {
  instance_id = var.instance_id
  name        = "_1"
  labels      = ["ab"]
  service_id  = var.service_id
  ttl         = "1m"
}
