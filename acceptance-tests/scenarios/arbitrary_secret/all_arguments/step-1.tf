resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = var.instance_id
  region                  = "us-south"
  endpoint_type           = "public"
  name                    = "all-arguments"
  description             = "everything set"
  secret_group_id         = ibm_sm_secret_group.team.secret_group_id
  labels                  = ["dev", "us-south"]
  payload                 = "shop-password-one-0123456789"
  expiration_date         = "2030-12-31T23:59:59Z"
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
