ephemeral "ibm_sm_arbitrary_secret" "by_id" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  secret_id     = var.arbitrary_secret_id
}

ephemeral "ibm_sm_arbitrary_secret" "by_name" {
  instance_id       = var.instance_id
  name              = "database-password"
  secret_group_name = "default"
}
