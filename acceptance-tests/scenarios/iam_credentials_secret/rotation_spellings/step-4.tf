resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "rotated"
  service_id  = var.service_id
  ttl         = "90d"
  dynamic "rotation" {
    for_each = [2]
    content {
      auto_rotate = true
      interval    = rotation.value
      unit        = "month"
    }
  }
}
