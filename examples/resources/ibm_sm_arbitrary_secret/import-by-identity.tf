# Terraform 1.12 or newer. The region may be left out.
import {
  to = ibm_sm_arbitrary_secret.database
  identity = {
    region      = "us-south"
    instance_id = var.instance_id
    secret_id   = var.arbitrary_secret_id
  }
}
