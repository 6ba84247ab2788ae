resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "rotated"
  access_groups = [var.access_group_id]
  ttl           = "90d"
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
  version_custom_metadata = { ticket = "OPS-1" }
}

output "key" {
  value     = ibm_sm_iam_credentials_secret.app.api_key
  sensitive = true
}
