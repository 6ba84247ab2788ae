# A key with the access of an access group. The service makes a new one every month, and the state
# holds none.
resource "ibm_sm_iam_credentials_secret" "deployer" {
  instance_id     = var.instance_id
  region          = "us-south"
  endpoint_type   = "public"
  name            = "deployer"
  description     = "Deploys the shop"
  secret_group_id = "default"
  labels          = ["shop", "deploy"]
  access_groups   = [var.access_group_id]
  ttl             = "90d"
  store_api_key   = false

  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }

  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }

  timeouts {
    create = "5m"
    read   = "1m"
    update = "5m"
    delete = "5m"
  }
}
