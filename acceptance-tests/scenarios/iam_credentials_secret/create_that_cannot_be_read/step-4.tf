resource "ibm_sm_iam_credentials_secret" "other" {
  instance_id = var.instance_id
  name        = "refused"
  service_id  = var.service_id
  ttl         = "1800"
}
