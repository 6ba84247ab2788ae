provider "ibm" {
  iam_profile_name    = "workload"
  ibmcloud_account_id = "0123456789abcdef0123456789abcdef"
}

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

resource "ibm_sm_iam_credentials_secret" "c" {
  instance_id = var.instance_id
  name        = "secret-c"
  service_id  = var.service_id
  ttl         = "1800"
}
