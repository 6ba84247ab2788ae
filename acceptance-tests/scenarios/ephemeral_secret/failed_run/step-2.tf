resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "dynamic"
  service_id    = var.service_id
  ttl           = "600"
  reuse_api_key = false
}

ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "exit 3"
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_secret.app.api_key }
  }
}
