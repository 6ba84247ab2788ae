import {
  to = ibm_sm_iam_credentials_configuration.bad
  # CASE
}

resource "ibm_sm_iam_credentials_configuration" "bad" {
  instance_id = var.instance_id
  name        = "bad"
  api_key     = var.engine_api_key
}
