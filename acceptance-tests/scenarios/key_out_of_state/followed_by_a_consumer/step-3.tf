resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "followed"
  access_groups = [var.access_group_id]
  ttl           = "90d"
  store_api_key = false
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
}

ephemeral "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

resource "ibm_sm_arbitrary_secret" "copy" {
  instance_id        = var.instance_id
  name               = "copy"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.app.api_key
  payload_wo_version = ibm_sm_iam_credentials_secret.app.key_version
}
