resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "quiet"
  service_id    = var.service_id
  ttl           = "1800"
  store_api_key = false
  description   = "read by an application"
}
