resource "ibm_sm_secret_group" "team" {
  instance_id   = "99999999-2222-4333-8444-555555555555"
  name          = "team-a"
  endpoint_type = "private"
}
