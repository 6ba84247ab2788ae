resource "ibm_sm_arbitrary_secret" "app" {
  instance_id     = var.instance_id
  name            = "shop"
  expiration_date = "2026-01-10T09:00:00Z"
}

ephemeral "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_arbitrary_secret.app.secret_id
}
