import {
  to = ibm_sm_secret_group.bad
  # CASE
}

resource "ibm_sm_secret_group" "bad" {
  instance_id = var.instance_id
  name        = "bad"
}
