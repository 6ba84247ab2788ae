terraform {
  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {}
variable "password" {
  ephemeral = true
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id        = var.instance_id
  name               = "shop"
  payload_wo         = var.password
  payload_wo_version = "next"
  description        = "the password of the shop"
}
