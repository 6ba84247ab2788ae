# The keys of a team: the engine with a key that no state holds, and many secrets from one map.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

variable "service_id" {
  type = string
}

variable "access_group_id" {
  type = string
}

variable "engine_api_key" {
  type      = string
  ephemeral = true
  sensitive = true
}

module "engine" {
  source = "../../modules/engine"

  instance_id     = var.instance_id
  api_key         = var.engine_api_key
  api_key_version = "2026-01" # change it with the key
}

module "credentials" {
  source = "../../modules/iam-credentials"

  instance_id = var.instance_id
  groups      = { pipelines = { description = "Keys of the pipelines" } }
  defaults    = { labels = ["terraform"], early_renewal = "14d" }
  secrets = {
    deployer = { group = "pipelines", service_id = var.service_id }
    reader   = { access_groups = [var.access_group_id], rotation = { interval = 1, unit = "month" } }
    one-off  = { service_id = var.service_id, ttl = "1h", reuse_api_key = false }
  }

  # No attribute links a secret to its engine.
  depends_on = [module.engine]
}

# A key for what runs here. A write-only argument that takes it follows `key_version`.
ephemeral "ibm_sm_iam_credentials_secret" "deployer" {
  provider = ibmsm

  instance_id = var.instance_id
  secret_id   = module.credentials.secrets["deployer"].secret_id
}

resource "ibm_sm_arbitrary_secret" "copy" {
  provider = ibmsm

  instance_id        = var.instance_id
  name               = "deployer-copy"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.deployer.api_key
  payload_wo_version = module.credentials.secrets["deployer"].key_version
}
