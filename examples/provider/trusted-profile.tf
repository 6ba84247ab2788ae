# On a compute resource: no API key, but the token of the resource and a trusted profile.
provider "ibm" {
  region              = "us-south"
  cr_token_file       = "/var/run/secrets/tokens/vault-token"
  iam_profile_name    = "terraform"
  ibmcloud_account_id = "0123456789abcdef0123456789abcdef"
}

# The same by the id of the profile, for a second account.
provider "ibm" {
  alias          = "shared"
  iam_profile_id = "Profile-11111111-2222-4333-8444-555555555555"
}
