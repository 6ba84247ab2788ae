# Terraform 1.14 or newer: terraform query
list "ibm_sm_arbitrary_secret" "shop" {
  provider = ibm

  config {
    instance_id      = var.instance_id
    region           = "us-south"
    endpoint_type    = "public"
    search           = "database"
    secret_group_ids = ["default"]
    match_all_labels = ["shop"]
  }
}
