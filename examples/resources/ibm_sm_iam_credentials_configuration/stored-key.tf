# As with the official provider: the key is in the state, and a changed one is noticed.
resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "iam-engine"
  api_key     = var.engine_api_key
}
