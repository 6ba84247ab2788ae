resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "app"
  service_id    = var.service_id
  ttl           = "1800"
  reuse_api_key = false
}

data "ibm_sm_iam_credentials_secret_metadata" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

output "reuse_api_key" {
  value = data.ibm_sm_iam_credentials_secret_metadata.app.reuse_api_key
}
