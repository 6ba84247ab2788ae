resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "kept"
  service_id    = var.service_id
  ttl           = "1800"
  reuse_api_key = false
}
ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  secret_id       = ibm_sm_iam_credentials_secret.app.secret_id
  revoke_on_close = false
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "test -n \"$KEY\""
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_secret.app.api_key }
  }
}
