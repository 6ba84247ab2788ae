# From within IBM Cloud's network, through a proxy whose certificate the system does not know.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

variable "instance_id" {
  type = string
}

variable "proxy_url" {
  description = "Without a password, or from the environment: IBMCLOUD_PROXY_URL."
  type        = string
}

variable "ca_cert_file" {
  type = string
}

provider "ibm" {
  region                = "us-south"
  visibility            = "private"
  private_endpoint_type = "vpe"
  proxy_url             = var.proxy_url
  ca_cert_file          = var.ca_cert_file
}

# The same with addresses from a file.
provider "ibm" {
  alias               = "from_a_file"
  region              = "us-south"
  visibility          = "private"
  endpoints_file_path = "${path.module}/endpoints.json"
  proxy_url           = var.proxy_url
  ca_cert_file        = var.ca_cert_file
}

data "ibm_sm_secret_groups" "private" {
  instance_id = var.instance_id
}

# One instance by its public address, although the provider's visibility is private.
data "ibm_sm_secret_groups" "public" {
  instance_id   = var.instance_id
  endpoint_type = "public"
}

data "ibm_sm_secret_groups" "from_a_file" {
  provider    = ibm.from_a_file
  instance_id = var.instance_id
}
