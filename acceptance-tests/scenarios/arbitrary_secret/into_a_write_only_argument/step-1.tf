variable "engine_key" {
  ephemeral = true
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id        = var.instance_id
  name               = "engine-key"
  payload_wo         = var.engine_key
  payload_wo_version = 1
}

ephemeral "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_arbitrary_secret.app.secret_id
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id        = var.instance_id
  name               = "engine"
  api_key_wo         = ephemeral.ibm_sm_arbitrary_secret.app.payload
  api_key_wo_version = ibm_sm_arbitrary_secret.app.payload_wo_version
}
