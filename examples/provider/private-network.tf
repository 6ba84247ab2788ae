# From within IBM Cloud's network, through a proxy whose certificate the system does not know.
provider "ibm" {
  region                = "eu-de"
  visibility            = "private"
  private_endpoint_type = "vpe"
  proxy_url             = "http://proxy.internal:3128"
  ca_cert_file          = "/etc/ssl/proxy-ca.pem"
  max_retries           = 20
}

# Addresses from a file, and the certificates in the configuration.
provider "ibm" {
  alias               = "from_a_file"
  endpoints_file_path = "endpoints.json"
  ca_cert_pem         = var.ca_cert_pem
}
