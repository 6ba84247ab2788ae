provider "ibm" {
  region = "us-south"
}

resource "ibm_sm_arbitrary_secret" "bare" {
  instance_id     = "11111111-2222-4333-8444-555555555555"
  name            = "bare"
  description     = ""
  labels          = []
  custom_metadata = {}
  payload         = "shop-password-one-0123456789"
}

resource "ibm_sm_arbitrary_secret" "all" {
  instance_id             = "11111111-2222-4333-8444-555555555555"
  region                  = "us-south"
  endpoint_type           = "public"
  name                    = "all"
  description             = "everything set"
  labels                  = ["dev", "us-south"]
  secret_group_id         = "default"
  payload                 = "shop-password-two-0123456789"
  expiration_date         = "2030-12-31T23:59:59Z"
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
