variable "key" {
  sensitive = true
}

# It decides about the key and does not have it: Terraform logs the values of terraform_data.
resource "terraform_data" "ready" {
  input = true
}

provider "ibm" {
  ibmcloud_api_key = terraform_data.ready.output ? var.key : null
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
