resource "ibm_sm_secret_group" "ours" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_configuration" "ours" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "ours" {
  instance_id       = var.instance_id
  name              = "deployer"
  secret_group_id   = ibm_sm_secret_group.ours.secret_group_id
  service_id        = var.service_id
  ttl               = "90d"
  labels            = ["prod"]
  rotation_triggers = { quarter = "1" }
  depends_on        = [ibm_sm_iam_credentials_configuration.ours]
}

resource "ibm_sm_arbitrary_secret" "ours" {
  instance_id             = var.instance_id
  name                    = "shop"
  secret_group_id         = ibm_sm_secret_group.ours.secret_group_id
  labels                  = ["prod"]
  payload                 = "shop-password-one-0123456789"
  expiration_date         = "2030-12-31T23:59:59Z"
  version_custom_metadata = { ticket = "OPS-1" }
}

moved {
  from = ibm_sm_secret_group.team
  to   = ibm_sm_secret_group.ours
}

moved {
  from = ibm_sm_iam_credentials_configuration.engine
  to   = ibm_sm_iam_credentials_configuration.ours
}

moved {
  from = ibm_sm_iam_credentials_secret.deployer
  to   = ibm_sm_iam_credentials_secret.ours
}

moved {
  from = ibm_sm_arbitrary_secret.shop
  to   = ibm_sm_arbitrary_secret.ours
}
