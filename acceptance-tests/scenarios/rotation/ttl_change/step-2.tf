resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "longer"
  service_id        = var.service_id
  ttl               = "60d"
  rotation_triggers = { quarter = "1" }
}
