resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  region          = "us-south"
  name            = "replaced"
  ttl             = "1800"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  access_groups   = [var.access_group_id, "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"]
}
