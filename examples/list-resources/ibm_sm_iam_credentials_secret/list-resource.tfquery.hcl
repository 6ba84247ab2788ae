# Terraform 1.14 or newer: terraform query
list "ibm_sm_iam_credentials_secret" "shop" {
  provider = ibm

  config {
    instance_id      = var.instance_id
    region           = "us-south"
    endpoint_type    = "public"
    search           = "deployer"
    secret_group_ids = ["default"]
    match_all_labels = ["shop"]
  }
}
