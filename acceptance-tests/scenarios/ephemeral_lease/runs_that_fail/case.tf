variable "dynamic_id" {}
variable "manager_id" {}

ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.manager_id
  ttl         = "10m"
}
ephemeral "ibm_sm_iam_credentials_lease" "groups" {
  instance_id   = var.instance_id
  access_groups = [var.access_group_id]
  ttl           = "10m"
}
ephemeral "ibm_sm_iam_credentials_secret" "dynamic" {
  instance_id = var.instance_id
  secret_id   = var.dynamic_id
}
locals {
  keys = {
    RUN     = ephemeral.ibm_sm_iam_credentials_lease.run.api_key
    GROUPS  = ephemeral.ibm_sm_iam_credentials_lease.groups.api_key
    DYNAMIC = ephemeral.ibm_sm_iam_credentials_secret.dynamic.api_key
  }
}
# It needs all three, although it uses one.
provider "ibm" {
  alias            = "leased"
  ibmcloud_api_key = join("", values(local.keys)) == "" ? null : local.keys.RUN
}
# CASE
