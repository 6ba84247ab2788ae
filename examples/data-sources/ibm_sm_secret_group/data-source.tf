data "ibm_sm_secret_group" "team" {
  instance_id     = var.instance_id
  region          = "us-south"
  endpoint_type   = "public"
  secret_group_id = var.secret_group_id
}
