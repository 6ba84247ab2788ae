# IBM's own example for IAM credentials, complete: the engine, a secret group, a
# secret for an existing service ID, and a secret for an access group.
#
# The provider reads its key and endpoints from the environment:
# IBMCLOUD_API_KEY, IBMCLOUD_IAM_API_ENDPOINT and
# IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT.

terraform {
  required_providers {
    ibm = {
      source = "ibm-sm/ibm"
    }
  }
}

variable "instance_id" {
  description = "The GUID of the Secrets Manager instance."
  type        = string
}

variable "region" {
  description = "The region of the instance."
  type        = string
  default     = "us-south"
}

variable "engine_api_key" {
  description = "The API key with which the engine creates keys in IAM."
  type        = string
  sensitive   = true
}

variable "service_id" {
  description = "An existing service ID, which gets a key."
  type        = string
}

variable "access_group_id" {
  description = "An access group, whose access another key gets."
  type        = string
}

locals {
  instance_id = var.instance_id
  region      = var.region
}

provider "ibm" {
  region = local.region
}

resource "ibm_sm_secret_group" "sm_secret_group_test" {
  instance_id = local.instance_id
  region      = local.region
  name        = "demo"
  description = "Everything that the demo makes"
}

resource "ibm_sm_iam_credentials_configuration" "iam_credentials_configuration" {
  instance_id = local.instance_id
  region      = local.region
  name        = "iam-engine"
  api_key     = var.engine_api_key
}

# A key for an existing service ID. It stays the same until its lease ends.
resource "ibm_sm_iam_credentials_secret" "test_iam_credentials_secret" {
  instance_id     = local.instance_id
  region          = local.region
  service_id      = var.service_id
  ttl             = "1800"
  name            = "test-iam-credentials-secret"
  reuse_api_key   = true
  secret_group_id = ibm_sm_secret_group.sm_secret_group_test.secret_group_id
  depends_on = [
    ibm_sm_iam_credentials_configuration.iam_credentials_configuration
  ]
}

# A key with the access of an access group. The service creates a new one every
# month, and the previous one works until its lease ends.
resource "ibm_sm_iam_credentials_secret" "rotated" {
  instance_id     = local.instance_id
  region          = local.region
  access_groups   = [var.access_group_id]
  ttl             = "90d"
  name            = "rotated-iam-credentials"
  description     = "Reads the logs"
  secret_group_id = ibm_sm_secret_group.sm_secret_group_test.secret_group_id
  labels          = ["demo", "rotated"]
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
  custom_metadata         = { team = "platform" }
  version_custom_metadata = { ticket = "OPS-1" }
  depends_on = [
    ibm_sm_iam_credentials_configuration.iam_credentials_configuration
  ]
}

output "secret_ids" {
  description = "The ids of the two secrets."
  value = {
    static  = ibm_sm_iam_credentials_secret.test_iam_credentials_secret.secret_id
    rotated = ibm_sm_iam_credentials_secret.rotated.secret_id
  }
}

output "expiration_dates" {
  description = "When the keys expire."
  value = {
    static  = ibm_sm_iam_credentials_secret.test_iam_credentials_secret.expiration_date
    rotated = ibm_sm_iam_credentials_secret.rotated.expiration_date
  }
}

output "next_rotation_date" {
  description = "When the service rotates the key automatically."
  value       = ibm_sm_iam_credentials_secret.rotated.next_rotation_date
}

output "api_key" {
  description = "The key for the existing service ID: `terraform output -raw api_key`."
  value       = ibm_sm_iam_credentials_secret.test_iam_credentials_secret.api_key
  sensitive   = true
}
