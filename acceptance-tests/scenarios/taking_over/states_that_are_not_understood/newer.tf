resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

moved {
  from = ibm_sm_secret_group.old
  to   = ibm_sm_secret_group.team
}
