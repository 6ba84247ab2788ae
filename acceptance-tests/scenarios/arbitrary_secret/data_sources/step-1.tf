resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id     = var.instance_id
  name            = "shop"
  description     = "password of the shop"
  secret_group_id = ibm_sm_secret_group.team.secret_group_id
  labels          = ["dev", "us-south"]
  payload         = "shop-password-one-0123456789"
  expiration_date = "2030-12-31T23:59:59Z"
  custom_metadata = { owner = "team-a" }
}

data "ibm_sm_arbitrary_secret_metadata" "app" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_arbitrary_secret.app.secret_id
}

data "ibm_sm_arbitrary_secret" "by_id" {
  instance_id   = var.instance_id
  endpoint_type = "public"
  secret_id     = ibm_sm_arbitrary_secret.app.secret_id
}

data "ibm_sm_arbitrary_secret" "by_name" {
  instance_id       = var.instance_id
  name              = "shop"
  secret_group_name = "team-a"
  depends_on        = [ibm_sm_arbitrary_secret.app]
}

# Reading a value moves these two.
output "metadata" {
  value = {
    for name, value in data.ibm_sm_arbitrary_secret_metadata.app :
    name => value if !contains(["downloaded", "updated_at"], name)
  }
}

output "by_id" {
  value = {
    for name, value in data.ibm_sm_arbitrary_secret.by_id :
    name => value if !contains(["downloaded", "updated_at"], name)
  }
  sensitive = true
}

output "by_name" {
  value = {
    for name, value in data.ibm_sm_arbitrary_secret.by_name :
    name => value if !contains(["downloaded", "updated_at"], name)
  }
  sensitive = true
}
