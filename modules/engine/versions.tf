# The oldest Terraform that the provider is tested with. The validations need 1.9.
terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = {
      source  = "ibm-sm/ibm"
      version = ">= 0.1"
    }
  }
}
