resource "ibm_sm_iam_credentials_secret" "bad" {
  instance_id = var.instance_id
  # CASE
}
