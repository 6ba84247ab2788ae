resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "renamed"
  description   = "second"
  labels        = ["prod", "eu"]
  access_groups = [var.access_group_id]
  ttl           = "80d"
  rotation {
    auto_rotate = true
    interval    = 2
    unit        = "month"
  }
  custom_metadata         = { owner = "team-a" }
  version_custom_metadata = { ticket = "OPS-1" }
}
