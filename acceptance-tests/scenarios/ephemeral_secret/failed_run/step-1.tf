resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "dynamic"
  service_id    = var.service_id
  ttl           = "600"
  reuse_api_key = false
}
