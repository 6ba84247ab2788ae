# A block of the official provider works as it is.
provider "ibm" {
  bluemix_api_key           = var.api_key
  bluemix_timeout           = 60
  function_namespace        = "actions"
  generation                = 2
  iaas_classic_api_key      = var.classic_api_key
  iaas_classic_endpoint_url = "https://api.softlayer.com/rest/v3"
  iaas_classic_timeout      = 60
  iaas_classic_username     = "terraform"
  ibmcloud_timeout          = 60
  resource_group            = "default"
  riaas_endpoint            = "us-south.iaas.cloud.ibm.com"
  softlayer_api_key         = var.classic_api_key
  softlayer_endpoint_url    = "https://api.softlayer.com/rest/v3"
  softlayer_timeout         = 60
  softlayer_username        = "terraform"
  zone                      = "us-south-1"
}
