resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "app"
  description = "release 2"
  service_id  = var.service_id
  ttl         = "1800"

  store_api_key = false

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.ibm_sm_iam_credentials_rotate.app]
    }
  }
}

action "ibm_sm_iam_credentials_rotate" "app" {
  config {
    instance_id = var.instance_id
    secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
  }
}
