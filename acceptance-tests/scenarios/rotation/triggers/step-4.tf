resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = "triggered"
  service_id              = var.service_id
  ttl                     = "90d"
  version_custom_metadata = { ticket = "OPS-2" }
}
