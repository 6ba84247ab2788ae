provider "ibm" {
  adopt_existing = true
}

resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"

  lifecycle {
    create_before_destroy = true
  }
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "app"
  service_id  = var.service_id
  ttl         = "1800"

  lifecycle {
    create_before_destroy = true
  }
}
