resource "ibm_sm_iam_credentials_secret" "a" {
  instance_id   = var.instance_id
  name          = "policy-a"
  service_id    = var.service_id
  ttl           = "1800"
  store_api_key = true
}

resource "ibm_sm_iam_credentials_secret" "b" {
  instance_id = var.instance_id
  name        = "policy-b"
  service_id  = var.service_id
  ttl         = "1800"
}

resource "ibm_sm_iam_credentials_secret" "c" {
  instance_id = var.instance_id
  name        = "policy-c"
  service_id  = var.service_id
  ttl         = "1800"
}

