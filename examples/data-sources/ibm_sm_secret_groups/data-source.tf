data "ibm_sm_secret_groups" "all" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
}

# Their ids by their names.
output "secret_group_ids" {
  value = { for group in data.ibm_sm_secret_groups.all.secret_groups : group.name => group.id }
}
