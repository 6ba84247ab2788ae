variable "key" {
  sensitive = true
}

resource "terraform_data" "ready" {
  input            = true
  triggers_replace = "again"
}

provider "ibm" {
  ibmcloud_api_key = terraform_data.ready.output ? var.key : null
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
