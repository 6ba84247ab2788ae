# A key that the service rotates, and one that Terraform renews before it ends. The state has neither.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

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

variable "incident" {
  description = "Another value rotates at once."
  type        = string
  default     = "none"
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  name               = "iam-engine"
  api_key_wo         = var.engine_api_key
  api_key_wo_version = "1"
}

# A new key every month, whether Terraform runs or not. A key takes 90 days to end.
resource "ibm_sm_iam_credentials_secret" "scheduled" {
  instance_id       = var.instance_id
  name              = "scheduled"
  service_id        = var.service_id
  ttl               = "90d"
  rotation_triggers = { incident = var.incident }

  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }

  depends_on = [ibm_sm_iam_credentials_configuration.engine]
}

# A new key by the first apply in the last 7 days of one.
resource "ibm_sm_iam_credentials_secret" "renewed" {
  instance_id   = var.instance_id
  name          = "renewed"
  service_id    = var.service_id
  ttl           = "30d"
  early_renewal = "7d"

  depends_on = [ibm_sm_iam_credentials_configuration.engine]
}

# The consumers: each apply hands the newest key on, if there is a new one.
ephemeral "ibm_sm_iam_credentials_secret" "keys" {
  for_each = {
    scheduled = ibm_sm_iam_credentials_secret.scheduled.secret_id
    renewed   = ibm_sm_iam_credentials_secret.renewed.secret_id
  }

  instance_id = var.instance_id
  secret_id   = each.value
}

resource "ibm_sm_arbitrary_secret" "consumers" {
  for_each = {
    scheduled = ibm_sm_iam_credentials_secret.scheduled.key_version
    renewed   = ibm_sm_iam_credentials_secret.renewed.key_version
  }

  instance_id        = var.instance_id
  name               = "consumer-of-${each.key}"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.keys[each.key].api_key
  payload_wo_version = each.value
}

output "secret_ids" {
  value = [
    for secret in [
      ibm_sm_iam_credentials_secret.scheduled, ibm_sm_iam_credentials_secret.renewed,
      ibm_sm_arbitrary_secret.consumers["scheduled"], ibm_sm_arbitrary_secret.consumers["renewed"],
    ] : secret.secret_id
  ]
}
