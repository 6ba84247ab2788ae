# The oldest Terraform that the provider is tested with. Of the module itself, the provider's function
# in main.tf needs 1.8.
terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = {
      source  = "ibm-sm/ibm"
      version = ">= 0.1"
    }
  }
}
