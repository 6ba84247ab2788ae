resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = var.instance_id
  name                    = "renamed"
  description             = "second"
  labels                  = ["prod", "eu"]
  payload                 = "shop-password-one-0123456789"
  expiration_date         = "2030-12-31T23:59:59Z"
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
