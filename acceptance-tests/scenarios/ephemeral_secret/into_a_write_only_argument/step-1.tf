resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id       = var.instance_id
  name              = "engine-key"
  service_id        = "ServiceId-66666666-7777-4888-8999-aaaaaaaaaaaa"
  ttl               = "90d"
  store_api_key     = false
  rotation_triggers = { year = "2026" }
}

ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = "99999999-2222-4333-8444-555555555555"
  name               = "engine"
  api_key_wo         = ephemeral.ibm_sm_iam_credentials_secret.app.api_key
  api_key_wo_version = ibm_sm_iam_credentials_secret.app.rotation_triggers.year
}
