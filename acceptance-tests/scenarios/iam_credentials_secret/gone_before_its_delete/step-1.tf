resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "iam-engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  name            = "app"
  service_id      = var.service_id
  ttl             = "1800"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  depends_on      = [ibm_sm_iam_credentials_configuration.engine]
}
