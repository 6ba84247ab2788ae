# Terraform 1.12 or newer. The region may be left out.
import {
  to = ibm_sm_iam_credentials_secret.deployer
  identity = {
    region      = "us-south"
    instance_id = var.instance_id
    secret_id   = var.secret_id
  }
}
