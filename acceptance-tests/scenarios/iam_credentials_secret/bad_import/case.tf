import {
  to = ibm_sm_iam_credentials_secret.bad
  # CASE
}

resource "ibm_sm_iam_credentials_secret" "bad" {
  instance_id = var.instance_id
  name        = "bad"
  service_id  = var.service_id
  ttl         = "1800"
}
