resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "iam-engine"
  api_key     = var.engine_api_key
}

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

  depends_on = [ibm_sm_iam_credentials_configuration.engine]
}

output "key" {
  value     = ibm_sm_iam_credentials_secret.app.api_key
  sensitive = true
}
