variable "key" {
  sensitive = true
}

resource "terraform_data" "key" {
  input            = var.key
  triggers_replace = "again"
}

provider "ibm" {
  ibmcloud_api_key = terraform_data.key.output
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
