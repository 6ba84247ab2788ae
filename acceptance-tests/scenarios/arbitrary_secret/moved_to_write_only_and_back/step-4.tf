resource "ibm_sm_arbitrary_secret" "app" {
  instance_id        = var.instance_id
  name               = "shop"
  payload_wo         = "shop-password-two-0123456789"
  payload_wo_version = 1
}
