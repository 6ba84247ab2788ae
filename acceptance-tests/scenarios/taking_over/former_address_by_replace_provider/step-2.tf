resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "deployer" {
  instance_id       = var.instance_id
  name              = "deployer"
  secret_group_id   = ibm_sm_secret_group.team.secret_group_id
  service_id        = var.service_id
  ttl               = "90d"
  rotation_triggers = { quarter = "2" }
  depends_on        = [ibm_sm_iam_credentials_configuration.engine]
}

resource "ibm_sm_arbitrary_secret" "shop" {
  instance_id             = var.instance_id
  name                    = "shop"
  secret_group_id         = ibm_sm_secret_group.team.secret_group_id
  payload                 = "shop-password-two-0123456789"
  expiration_date         = "2030-12-31T23:59:59Z"
  version_custom_metadata = { ticket = "OPS-1" }
}
