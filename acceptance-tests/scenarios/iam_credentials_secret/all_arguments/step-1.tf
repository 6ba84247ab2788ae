resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  region      = "us-south"
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  region          = "us-south"
  name            = "all-arguments"
  description     = "everything set"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  labels          = ["dev", "us-south"]
  access_groups   = [var.access_group_id, "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"]
  account_id      = "0123456789abcdef0123456789abcdef"
  ttl             = "7776000"
  reuse_api_key   = true
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
