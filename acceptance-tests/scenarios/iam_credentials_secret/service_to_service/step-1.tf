resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "app"
  service_id  = var.service_id
  ttl         = "1800"
}

resource "ibm_sm_iam_credentials_secret" "generated" {
  instance_id   = var.instance_id
  name          = "generated"
  access_groups = [var.access_group_id]
  ttl           = "1800"
}
