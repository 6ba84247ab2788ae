resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "slow"
  service_id        = var.service_id
  ttl               = "1800"
  rotation_triggers = { a = "1" }
  timeouts {
    create = "1s"
    read   = "1s"
    update = "1s"
    delete = "20s"
  }
}
