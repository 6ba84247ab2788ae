resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "renewed"
  service_id    = var.service_id
  ttl           = "30d"
  early_renewal = "7d"
}
