resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
  description = "group of team a"
}

resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}

resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id     = var.instance_id
  name            = "app"
  description     = "keys of the shop"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  labels          = ["dev", "us-south"]
  access_groups   = [var.access_group_id]
  ttl             = "7776000"
  custom_metadata = { owner = "team-a" }
  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
  depends_on = [ibm_sm_iam_credentials_configuration.engine]
}

data "ibm_sm_secret_group" "team" {
  instance_id     = var.instance_id
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
}

data "ibm_sm_secret_groups" "all" {
  instance_id = var.instance_id
  region      = "us-south"
  depends_on  = [ibm_sm_secret_group.team]
}

data "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  depends_on  = [ibm_sm_iam_credentials_configuration.engine]
}

data "ibm_sm_iam_credentials_secret_metadata" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.app.secret_id
}

data "ibm_sm_iam_credentials_secret" "by_id" {
  instance_id   = var.instance_id
  endpoint_type = "public"
  secret_id     = ibm_sm_iam_credentials_secret.app.secret_id
}

data "ibm_sm_iam_credentials_secret" "by_name" {
  instance_id       = var.instance_id
  name              = "app"
  secret_group_name = "team-a"
  depends_on        = [ibm_sm_iam_credentials_secret.app]
}

output "team" {
  value = data.ibm_sm_secret_group.team
}

output "groups" {
  value = data.ibm_sm_secret_groups.all
}

output "engine" {
  value     = data.ibm_sm_iam_credentials_configuration.engine
  sensitive = true
}

# Reading a value moves these two.
output "metadata" {
  value = {
    for name, value in data.ibm_sm_iam_credentials_secret_metadata.app :
    name => value if !contains(["retrieved_at", "updated_at"], name)
  }
}

output "by_id" {
  value = {
    for name, value in data.ibm_sm_iam_credentials_secret.by_id :
    name => value if !contains(["retrieved_at", "updated_at"], name)
  }
  sensitive = true
}

output "by_name" {
  value = {
    for name, value in data.ibm_sm_iam_credentials_secret.by_name :
    name => value if !contains(["retrieved_at", "updated_at"], name)
  }
  sensitive = true
}
