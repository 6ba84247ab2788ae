locals {
  # What IBM's page asks for, as arguments of the official ibm_iam_authorization_policy.
  required_authorizations = {
    iam-identity = concat(["Operator"], var.restricted_service_ids ? ["Service ID creator"] : [])
    iam-groups   = ["Groups Service Member Manage"]
  }
}

resource "ibm_sm_iam_credentials_configuration" "this" {
  count    = var.authorization == "api_key" ? 1 : 0
  provider = ibmsm

  instance_id        = var.instance_id
  region             = var.region
  endpoint_type      = var.endpoint_type
  name               = var.name
  api_key_wo         = var.api_key
  api_key_wo_version = var.api_key_version
  disabled           = var.disabled
}
