resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "iam-engine"
  api_key     = "second-key-0123456789abcdefghijklmnopqrstuvw"
}
