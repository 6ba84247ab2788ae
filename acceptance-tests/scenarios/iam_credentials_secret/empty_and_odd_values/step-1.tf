resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id             = var.instance_id
  name                    = "odd"
  description             = ""
  labels                  = []
  service_id              = var.service_id
  ttl                     = "1800"
  custom_metadata         = {}
  version_custom_metadata = {}
}
