resource "ibm_sm_iam_credentials_secret" "a" {
  instance_id = var.instance_id
  name        = "secret-a"
  service_id  = var.service_id
  ttl         = "1800"
}

resource "ibm_sm_iam_credentials_secret" "b" {
  instance_id = var.instance_id
  name        = "secret-b"
  service_id  = var.service_id
  ttl         = "1800"
}
