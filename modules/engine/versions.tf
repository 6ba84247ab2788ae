# Write-only arguments came with 1.11.
terraform {
  required_version = ">= 1.11"

  required_providers {
    ibmsm = {
      source  = "ibm-sm/ibm"
      version = ">= 0.1"
    }
  }
}
