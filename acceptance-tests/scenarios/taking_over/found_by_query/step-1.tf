resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_iam_credentials_secret" "made" {
  instance_id   = var.instance_id
  name          = "made"
  access_groups = [var.access_group_id]
  ttl           = "90d"
  labels        = ["dev"]
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
}

resource "ibm_sm_iam_credentials_secret" "own" {
  instance_id = var.instance_id
  name        = "own"
  service_id  = var.service_id
  ttl         = "1800"
}

resource "ibm_sm_arbitrary_secret" "text" {
  instance_id = var.instance_id
  name        = "text"
  payload     = "one-password-0123456789"
}
