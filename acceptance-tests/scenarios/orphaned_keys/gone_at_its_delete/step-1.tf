resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "app"
  access_groups = [var.access_group_id]
  ttl           = "7776000"
}
