resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "two-groups"
  access_groups = ["AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2", var.access_group_id]
  ttl           = "1800"
}
