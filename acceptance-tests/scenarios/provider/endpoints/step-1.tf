variable "url" {}

provider "ibm" {
  iam_endpoint             = var.url
  secrets_manager_endpoint = "${var.url}/instances/{instance_id}"
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
