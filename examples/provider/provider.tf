terraform {
  required_providers {
    ibm = {
      source = "ibm-sm/ibm"
    }
  }
}

# The API key comes from IC_API_KEY.
provider "ibm" {
  region        = "us-south"
  store_api_key = false
}
