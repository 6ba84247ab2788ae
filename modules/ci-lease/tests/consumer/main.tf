terraform {
  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}
variable "instance_id" {}
variable "service_id" {}
module "lease" {
  source = "../.."
  instance_id = var.instance_id
  service_id = var.service_id
}
resource "ibm_sm_arbitrary_secret" "x" {
  provider = ibmsm
  instance_id = var.instance_id
  name = "copy"
  payload_wo = module.lease.api_key
  payload_wo_version = 1
}
