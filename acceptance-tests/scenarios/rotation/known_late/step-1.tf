variable "ttl" {}

resource "terraform_data" "image" {
  triggers_replace = var.ttl
  input            = var.ttl
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "late"
  service_id        = var.service_id
  ttl               = terraform_data.image.output
  rotation_triggers = { image = terraform_data.image.id }
}
