resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  name            = "app"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  service_id      = var.service_id
  ttl             = "1800"
}

resource "ibm_sm_arbitrary_secret" "text" {
  instance_id     = var.instance_id
  name            = "text"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  payload         = "hush-hush"
}
