resource "terraform_data" "profile" {
  input = "Profile-44444444-5555-4666-8777-888888888888"
}

provider "ibm" {
  iam_profile_id = terraform_data.profile.output
}

resource "ibm_sm_iam_credentials_secret" "a" {
  instance_id = var.instance_id
  name        = "secret-a"
  service_id  = var.service_id
  ttl         = "1800"
}
