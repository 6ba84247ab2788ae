variable "url" {}

provider "ibm" {
  proxy_url        = var.url
  allow_plain_http = true
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
