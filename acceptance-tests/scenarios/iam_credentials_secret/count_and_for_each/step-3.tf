resource "ibm_sm_iam_credentials_secret" "counted" {
  count       = 1
  instance_id = var.instance_id
  name        = "counted-${count.index}"
  service_id  = var.service_id
  ttl         = "1800"
}

resource "ibm_sm_iam_credentials_secret" "each" {
  for_each      = toset(["web", "job"])
  instance_id   = var.instance_id
  name          = "each-${each.key}"
  access_groups = [var.access_group_id]
  ttl           = "1800"
}

output "keys" {
  value     = [for one in ibm_sm_iam_credentials_secret.each : one.api_key]
  sensitive = true
}
