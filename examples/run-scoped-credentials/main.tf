# A deployment with a key that lives as long as its run. The pipeline itself logs in with an identity
# that can only make leases in one secret group.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

variable "deployer_service_id" {
  description = "What the deployment may do is what this service ID may."
  type        = string
}

variable "release" {
  type = string
}

module "lease" {
  source = "../../modules/ci-lease"

  instance_id = var.instance_id
  service_id  = var.deployer_service_id
  # Longer than the longest run.
  ttl = "1h"
}

resource "terraform_data" "deployment" {
  triggers_replace = var.release

  provisioner "local-exec" {
    command     = "${path.module}/deploy.sh"
    environment = { IBMCLOUD_API_KEY = module.lease.api_key }
  }
}
