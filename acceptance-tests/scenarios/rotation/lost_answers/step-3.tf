resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "app"
  service_id        = var.service_id
  ttl               = "7776000"
  rotation_triggers = { reason = "3" }
}
