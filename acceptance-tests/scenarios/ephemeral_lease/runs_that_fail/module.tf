resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team"
}
output "name" {
  value = ibm_sm_secret_group.team.name
  precondition {
    condition     = ibm_sm_secret_group.team.secret_group_id == ""
    error_message = "No."
  }
}
