resource "terraform_data" "late" {
  input = {
    name     = "u"
    number   = 1800
    owner    = var.service_id
    owners   = [var.access_group_id]
    flag     = true
    off      = false
    labels   = ["uu"]
    map      = { k = "u" }
    no_owner = null
    instance = var.instance_id
  }
}

resource "ibm_sm_secret_group" "team" {
  instance_id = terraform_data.late.output.instance
  name        = "team-${terraform_data.late.output.name}"
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = terraform_data.late.output.instance
  name            = "${terraform_data.late.output.name}-app"
  description     = terraform_data.late.output.name
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  labels          = terraform_data.late.output.labels
  access_groups   = terraform_data.late.output.owners
  service_id      = terraform_data.late.output.no_owner
  ttl             = terraform_data.late.output.number
  reuse_api_key   = terraform_data.late.output.flag
  rotation {
    auto_rotate = terraform_data.late.output.off
  }
  custom_metadata         = terraform_data.late.output.map
  version_custom_metadata = terraform_data.late.output.map
}

resource "ibm_sm_iam_credentials_secret" "static" {
  instance_id = var.instance_id
  name        = "u-static"
  service_id  = terraform_data.late.output.owner
  ttl         = "1800"
}
