resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = var.instance_id
  name                    = "both"
  description             = "second"
  labels                  = ["prod", "eu"]
  payload                 = "shop-password-three-0123456789"
  expiration_date         = "2031-06-30T14:00:00+02:00"
  custom_metadata         = { owner = "team-b", tier = "1" }
  version_custom_metadata = { ticket = "OPS-3" }
  endpoint_type           = "public"
}
