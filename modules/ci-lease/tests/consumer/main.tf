# A root module that uses a lease. Terraform allows no ephemeral output in a root module, so the
# module cannot be one, not even for a test.

terraform {
  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

variable "service_id" {
  type    = string
  default = null
}

variable "access_groups" {
  type    = list(string)
  default = null
}

variable "name" {
  type    = string
  default = "copy"
}

module "lease" {
  source = "../.."

  instance_id   = var.instance_id
  service_id    = var.service_id
  access_groups = var.access_groups
  ttl           = "10m"
}

# Takes the key, and keeps it out of the state.
resource "ibm_sm_arbitrary_secret" "copy" {
  provider = ibmsm

  instance_id        = var.instance_id
  name               = var.name
  payload_wo         = module.lease.api_key
  payload_wo_version = 1
}

