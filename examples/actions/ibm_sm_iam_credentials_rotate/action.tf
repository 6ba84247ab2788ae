# Terraform 1.14 or newer: terraform apply -invoke=action.ibm_sm_iam_credentials_rotate.deployer
action "ibm_sm_iam_credentials_rotate" "deployer" {
  config {
    instance_id   = var.instance_id
    region        = "us-south"
    endpoint_type = "public"
    secret_id     = var.secret_id
  }
}
