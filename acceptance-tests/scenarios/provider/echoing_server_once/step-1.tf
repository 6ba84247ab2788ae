resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "app"
  service_id  = var.service_id
  ttl         = "1800"
  depends_on  = [ibm_sm_iam_credentials_configuration.engine]
}
