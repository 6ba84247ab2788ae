data "ibm_sm_iam_credentials_secret" "by_id" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  secret_id     = var.secret_id
}

data "ibm_sm_iam_credentials_secret" "by_name" {
  instance_id       = var.instance_id
  name              = "deployer"
  secret_group_name = "default"
}
