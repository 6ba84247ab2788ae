# The module under test: an application's key, and a copy of it that another system reads.

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

resource "ibm_sm_iam_credentials_secret" "app" {
  provider = ibmsm

  instance_id   = var.instance_id
  name          = "app"
  service_id    = var.service_id
  ttl           = "90d"
  store_api_key = false
}

ephemeral "ibm_sm_iam_credentials_secret" "app" {
  provider = ibmsm

  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

resource "ibm_sm_arbitrary_secret" "copy" {
  provider = ibmsm

  instance_id        = var.instance_id
  name               = "app-copy"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.app.api_key
  payload_wo_version = ibm_sm_iam_credentials_secret.app.key_version
}

output "copied_version" {
  value = ibm_sm_arbitrary_secret.copy.payload_wo_version
}
