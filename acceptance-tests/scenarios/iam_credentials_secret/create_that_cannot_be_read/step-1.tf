resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = "lost"
  service_id              = var.service_id
  ttl                     = "1800"
  version_custom_metadata = { ticket = "OPS-1" }
}

locals {
  # Terraform logs the values of terraform_data, so it does not get the key itself.
  digest = try(sha256(ibm_sm_iam_credentials_secret.app.api_key), "no key")
}

resource "terraform_data" "user" {
  input = local.digest
}

output "has_no_key" {
  value = nonsensitive(terraform_data.user.output) == "no key"
}

output "is_used" {
  value = nonsensitive(terraform_data.user.output == local.digest)
}
