# Terraform 1.12 or newer. The region may be left out.
import {
  to = ibm_sm_secret_group.team
  identity = {
    region          = "us-south"
    instance_id     = var.instance_id
    secret_group_id = var.secret_group_id
  }
}
