provider "ibm" {
  cleanup_iam_on_destroy = true
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "app"
  access_groups = [var.access_group_id]
  ttl           = "7776000"
  lifecycle {
    create_before_destroy = true
  }
}
