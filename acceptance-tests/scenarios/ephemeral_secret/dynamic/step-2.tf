resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "fleeting"
  access_groups = [var.access_group_id]
  ttl           = "1800"
  reuse_api_key = false
}
ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = ibm_sm_iam_credentials_secret.app.name
  secret_group_name = "default"
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "test -n \"$KEY\""
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_secret.app.api_key }
  }
}
