data "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  name          = var.configuration_name
}
