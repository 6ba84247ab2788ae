resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "tight"
  service_id  = var.service_id
  ttl         = "90d"
  account_id  = "0123456789abcdef0123456789abcdef"
  rotation {
    auto_rotate = true
    interval    = 30
    unit        = "day"
  }
}
