# The payload in no plan and no state. A new version sends it again.
resource "ibm_sm_arbitrary_secret" "database" {
  instance_id        = var.instance_id
  region             = "us-south"
  endpoint_type      = "public"
  name               = "database-password"
  description        = "The password of the shop's database"
  secret_group_id    = "default"
  labels             = ["shop", "database"]
  payload_wo         = var.database_password
  payload_wo_version = "1"
  expiration_date    = "2030-12-31T23:59:59Z"

  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }

  timeouts {
    create = "5m"
    read   = "1m"
    update = "5m"
    delete = "5m"
  }
}
