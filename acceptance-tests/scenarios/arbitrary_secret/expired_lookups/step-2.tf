resource "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  name        = "shop"
}

data "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_arbitrary_secret.app.secret_id
}
