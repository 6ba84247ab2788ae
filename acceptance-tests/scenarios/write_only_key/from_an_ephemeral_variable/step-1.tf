terraform {
  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {}
variable "engine_key" {
  ephemeral = true
}
resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  name               = "engine"
  api_key_wo         = var.engine_key
  api_key_wo_version = 1
}
