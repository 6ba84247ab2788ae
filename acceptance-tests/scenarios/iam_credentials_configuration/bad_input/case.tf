resource "ibm_sm_iam_credentials_configuration" "bad" {
  instance_id = var.instance_id
  # CASE
}
