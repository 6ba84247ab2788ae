resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = "nulls"
  service_id              = var.service_id
  ttl                     = "1800"
  region                  = null
  endpoint_type           = null
  description             = null
  secret_group_id         = null
  labels                  = null
  access_groups           = null
  account_id              = null
  reuse_api_key           = null
  rotation                = null
  custom_metadata         = null
  version_custom_metadata = null
}
