# No key in any state or plan: neither the engine's own, nor those that it makes.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

# For every secret here that does not say otherwise, also when it is imported.
provider "ibm" {
  store_api_key = false
}

variable "instance_id" {
  type = string
}

variable "service_id" {
  type = string
}

variable "engine_api_key" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "engine_api_key_version" {
  description = "Change it with the key."
  type        = string
  default     = "1"
}

variable "quarter" {
  description = "Another value rotates the key."
  type        = string
  default     = "2026-Q1"
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  name               = "iam-engine"
  api_key_wo         = var.engine_api_key
  api_key_wo_version = var.engine_api_key_version
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "app"
  service_id        = var.service_id
  ttl               = "90d"
  rotation_triggers = { quarter = var.quarter }

  depends_on = [ibm_sm_iam_credentials_configuration.engine]
}

# The key, for as long as a plan or an apply takes.
ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

# It stands for whatever takes a key in a write-only argument.
resource "ibm_sm_arbitrary_secret" "consumer" {
  instance_id        = var.instance_id
  name               = "key-of-the-app"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.app.api_key
  payload_wo_version = ibm_sm_iam_credentials_secret.app.key_version
}

output "key_version" {
  value = ibm_sm_iam_credentials_secret.app.key_version
}
