ephemeral "ibm_sm_iam_credentials_lease" "bad" {
  instance_id = var.instance_id
  # CASE
}
