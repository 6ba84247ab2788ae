# A key for an existing service ID. Terraform rotates it when a trigger changes, and when it is
# about to end; the previous key works until then. The account is that of the service ID.
resource "ibm_sm_iam_credentials_secret" "reporter" {
  instance_id       = var.instance_id
  name              = "reporter"
  service_id        = var.service_id
  account_id        = "0123456789abcdef0123456789abcdef"
  ttl               = "30d"
  early_renewal     = "7d"
  rotation_triggers = { release = "2026-01" }
}
