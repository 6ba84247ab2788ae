# When the key expires, without reading it.
data "ibm_sm_iam_credentials_secret_metadata" "deployer" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  secret_id     = var.secret_id
}

output "expires" {
  value = data.ibm_sm_iam_credentials_secret_metadata.deployer.expiration_date
}
