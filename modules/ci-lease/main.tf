ephemeral "ibm_sm_iam_credentials_lease" "this" {
  provider = ibmsm

  instance_id       = var.instance_id
  region            = var.region
  endpoint_type     = var.endpoint_type
  service_id        = var.service_id
  access_groups     = var.access_groups
  account_id        = var.account_id
  secret_group_id   = var.secret_group_id
  ttl               = var.ttl
  wait_until_usable = var.wait_until_usable
}
