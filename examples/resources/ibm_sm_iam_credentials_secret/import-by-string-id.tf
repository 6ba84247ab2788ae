import {
  to = ibm_sm_iam_credentials_secret.deployer
  id = "us-south/${var.instance_id}/${var.secret_id}"
}
