resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "rotated"
  service_id  = var.service_id
  ttl         = "90d"
  rotation = [{
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }]
}
