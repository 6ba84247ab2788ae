# A key of this run alone, with the access of an access group.
ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id       = var.instance_id
  region            = "us-south"
  endpoint_type     = "public"
  access_groups     = [var.access_group_id]
  secret_group_id   = "default"
  ttl               = "30m"
  wait_until_usable = true
}

# Or of an existing service ID.
ephemeral "ibm_sm_iam_credentials_lease" "of_a_service_id" {
  instance_id = var.instance_id
  service_id  = var.service_id
  account_id  = "0123456789abcdef0123456789abcdef"
  ttl         = "30m"
}
