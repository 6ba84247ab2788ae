data "ibm_sm_arbitrary_secret_metadata" "database" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  secret_id     = var.arbitrary_secret_id
}
