# The key of the engine in no plan and no state. A new version sends it again.
resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  region             = "us-south"
  endpoint_type      = "public"
  name               = "iam-engine"
  api_key_wo         = var.engine_api_key
  api_key_wo_version = "1"
  disabled           = false

  timeouts {
    create = "5m"
    read   = "1m"
    update = "5m"
    delete = "5m"
  }
}
