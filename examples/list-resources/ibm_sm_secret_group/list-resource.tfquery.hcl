# Terraform 1.14 or newer: terraform query
list "ibm_sm_secret_group" "team" {
  provider = ibm

  config {
    instance_id   = var.instance_id
    region        = "us-south"
    endpoint_type = "public"
    search        = "team"
  }
}
