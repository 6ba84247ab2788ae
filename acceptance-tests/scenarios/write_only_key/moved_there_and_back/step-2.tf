resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  name               = "engine"
  api_key_wo         = var.engine_api_key
  api_key_wo_version = 1
}
