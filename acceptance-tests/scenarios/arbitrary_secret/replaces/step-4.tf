resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id     = "99999999-2222-4333-8444-555555555555"
  region          = "us-south"
  name            = "replaced"
  payload         = "shop-password-one-0123456789"
  secret_group_id = "default"
}
