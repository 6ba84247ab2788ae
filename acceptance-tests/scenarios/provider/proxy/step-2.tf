provider "ibm" {
  allow_plain_http = true
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}

resource "ibm_sm_secret_group" "b" {
  instance_id = var.instance_id
  name        = "group-b"
}
