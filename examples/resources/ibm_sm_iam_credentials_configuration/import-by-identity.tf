# Terraform 1.12 or newer. The region may be left out.
import {
  to = ibm_sm_iam_credentials_configuration.engine
  identity = {
    region      = "us-south"
    instance_id = var.instance_id
    name        = var.configuration_name
  }
}
