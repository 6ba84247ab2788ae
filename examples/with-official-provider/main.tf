# The modules beside the official provider: `iam/` makes service ID, policies and authorizations with
# IBM-Cloud/ibm, the rest makes keys for them.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

module "engine" {
  source = "../../modules/engine"

  instance_id   = var.instance_id
  authorization = "service_to_service"
}

module "iam" {
  source = "./iam"

  instance_id    = var.instance_id
  authorizations = module.engine.required_authorizations
}

module "credentials" {
  source = "../../modules/iam-credentials"

  instance_id = var.instance_id
  groups      = { pipelines = { description = "Keys of the pipelines" } }
  secrets = {
    log-reader = { group = "pipelines", service_id = module.iam.service_id }
    operators  = { group = "pipelines", access_groups = [module.iam.access_group_id] }
  }

  # No attribute links a secret to the authorizations of its engine.
  depends_on = [module.iam]
}

output "secrets" {
  value = module.credentials.secrets
}
