resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "iam-engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "fixed" {
  instance_id = var.instance_id
  name        = "fixed"
  service_id  = var.service_id
  ttl         = "7776000"
  depends_on  = [ibm_sm_iam_credentials_configuration.engine]
}

resource "ibm_sm_iam_credentials_secret" "made" {
  instance_id   = var.instance_id
  name          = "made"
  access_groups = [var.access_group_id]
  ttl           = "7776000"
  depends_on    = [ibm_sm_iam_credentials_configuration.engine]
}
