resource "terraform_data" "months" {
  input = [1]
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "late"
  service_id  = var.service_id
  ttl         = "90d"
  dynamic "rotation" {
    for_each = terraform_data.months.output
    content {
      auto_rotate = true
      interval    = rotation.value
      unit        = "month"
    }
  }
}
