resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  region      = "us-south"
  name        = "replaced"
  ttl         = "1800"
  service_id  = var.service_id
}
