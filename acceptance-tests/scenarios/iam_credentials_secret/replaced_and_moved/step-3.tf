resource "ibm_sm_iam_credentials_secret" "moved" {
  instance_id = var.instance_id
  name        = "lost"
  service_id  = var.service_id
  ttl         = "1800"
}

moved {
  from = ibm_sm_iam_credentials_secret.app
  to   = ibm_sm_iam_credentials_secret.moved
}
