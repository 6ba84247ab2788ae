resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  region          = "eu-de"
  name            = "replaced"
  ttl             = "1800"
  service_id      = var.service_id
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  reuse_api_key   = true
  account_id      = "0123456789abcdef0123456789abcdef"
}
