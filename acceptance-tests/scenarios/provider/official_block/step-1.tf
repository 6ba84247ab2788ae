provider "ibm" {
  region                    = "us-south"
  visibility                = "public"
  generation                = 2
  ibmcloud_timeout          = 300
  max_retries               = 3
  resource_group            = "default"
  zone                      = "us-south-1"
  function_namespace        = "ns"
  iaas_classic_username     = "nobody"
  iaas_classic_api_key      = "nothing"
  iaas_classic_timeout      = 10
  iaas_classic_endpoint_url = "https://example.com"
}

resource "ibm_sm_secret_group" "a" {
  instance_id = var.instance_id
  name        = "group-a"
}
