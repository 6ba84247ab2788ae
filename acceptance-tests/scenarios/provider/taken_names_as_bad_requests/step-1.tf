resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
  description = "Team A"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  name            = "app"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  access_groups   = [var.access_group_id]
  ttl             = "1800"
  labels          = ["app"]
  depends_on      = [ibm_sm_iam_credentials_configuration.engine]
}

resource "ibm_sm_arbitrary_secret" "text" {
  instance_id = var.instance_id
  name        = "text"
  payload     = "hush-hush"
}
