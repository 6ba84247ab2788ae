resource "ibm_sm_iam_credentials_secret" "team" {
  for_each    = toset(["app"])
  instance_id = var.instance_id
  name        = "wandering"
  service_id  = var.service_id
  ttl         = "1800"
}

moved {
  from = ibm_sm_iam_credentials_secret.app
  to   = ibm_sm_iam_credentials_secret.team["app"]
}
