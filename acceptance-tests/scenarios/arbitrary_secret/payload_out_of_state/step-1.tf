import {
  to = ibm_sm_arbitrary_secret.app
  id = "us-south/11111111-2222-4333-8444-555555555555/88888888-2222-4333-8444-555555555555"
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id   = var.instance_id
  name          = "shop"
  store_payload = false
}
