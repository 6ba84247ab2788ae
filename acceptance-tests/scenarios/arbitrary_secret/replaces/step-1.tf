resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  region      = "us-south"
  name        = "replaced"
  payload     = "shop-password-one-0123456789"
}
