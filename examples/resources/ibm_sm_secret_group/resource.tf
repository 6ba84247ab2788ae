resource "ibm_sm_secret_group" "team" {
  instance_id   = var.instance_id
  region        = "us-south"
  endpoint_type = "public"
  name          = "team-a"
  description   = "Everything that team A uses"

  timeouts {
    create = "5m"
    read   = "1m"
    update = "5m"
    delete = "5m"
  }
}
