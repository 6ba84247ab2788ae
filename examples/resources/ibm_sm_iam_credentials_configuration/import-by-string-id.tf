import {
  to = ibm_sm_iam_credentials_configuration.engine
  id = "us-south/${var.instance_id}/${var.configuration_name}"
}
