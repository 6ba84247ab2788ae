import {
  to = ibm_sm_arbitrary_secret.bad
  # CASE
}

resource "ibm_sm_arbitrary_secret" "bad" {
  instance_id = var.instance_id
  name        = "bad"
  payload     = "shop-password-one-0123456789"
}
