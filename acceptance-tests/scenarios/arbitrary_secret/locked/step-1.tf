resource "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  name        = "shop"
  payload     = "shop-password-one-0123456789"
}
