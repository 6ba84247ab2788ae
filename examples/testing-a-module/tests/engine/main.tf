terraform {
  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

variable "api_key" {
  type      = string
  ephemeral = true
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  provider = ibmsm

  instance_id        = var.instance_id
  name               = "iam-engine"
  api_key_wo         = var.api_key
  api_key_wo_version = 1
}
