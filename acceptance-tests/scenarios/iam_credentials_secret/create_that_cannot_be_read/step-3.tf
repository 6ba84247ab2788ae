resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = "lost"
  service_id              = var.service_id
  ttl                     = "1800"
  version_custom_metadata = { ticket = "OPS-1" }
}
