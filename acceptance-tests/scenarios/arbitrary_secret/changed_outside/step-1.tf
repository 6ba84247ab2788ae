resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = var.instance_id
  name                    = "shop"
  payload                 = "shop-password-one-0123456789"
  description             = "ours"
  labels                  = ["dev"]
  expiration_date         = "2030-12-31T23:59:59Z"
  version_custom_metadata = { ticket = "OPS-1" }
}
