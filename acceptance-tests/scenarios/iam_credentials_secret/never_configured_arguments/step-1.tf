resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "dropped"
  access_groups = [var.access_group_id]
  ttl           = "90d"
}
