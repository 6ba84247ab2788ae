terraform {
  required_providers {
    ibm = { source = "SOURCE" }
  }
}

# The emulator exports a value for each.
variable "instance_id" {}
variable "engine_api_key" {
  sensitive = true
}
variable "service_id" {}
variable "access_group_id" {}
