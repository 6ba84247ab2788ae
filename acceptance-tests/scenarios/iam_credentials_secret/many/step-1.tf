resource "ibm_sm_iam_credentials_secret" "app" {
  count       = 30
  instance_id = var.instance_id
  name        = "app-${count.index}"
  service_id  = var.service_id
  ttl         = "1800"
}
