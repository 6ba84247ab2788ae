resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = var.instance_id
  name                    = "dropped"
  payload                 = "shop-password-one-0123456789"
  description             = "something"
  labels                  = ["dev"]
  expiration_date         = "2030-12-31T23:59:59Z"
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
