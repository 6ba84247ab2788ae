# A dynamic secret: each read of its value makes a key of its own, so Terraform never reads it.
resource "ibm_sm_iam_credentials_secret" "per_reader" {
  instance_id   = var.instance_id
  name          = "per-reader"
  service_id    = var.service_id
  ttl           = "1h"
  reuse_api_key = false
}
