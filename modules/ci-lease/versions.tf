# The oldest Terraform that the provider is tested with. Ephemeral resources came with 1.10.
terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = {
      source  = "ibm-sm/ibm"
      version = ">= 0.1"
    }
  }
}
