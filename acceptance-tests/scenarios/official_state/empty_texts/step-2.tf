provider "ibm" {
  region = "us-south"
}
locals {
  instance_id = "11111111-2222-4333-8444-555555555555"
  region      = "us-south"
}
variable "step" { default = 1 }
resource "ibm_sm_secret_group" "g" {
  instance_id = local.instance_id
  region      = local.region
  name        = "team-a"
  description = "group of team a"
}
resource "ibm_sm_secret_group" "bare" {
  instance_id = local.instance_id
  name        = "bare-group"
  description = ""
}
resource "ibm_sm_iam_credentials_configuration" "e" {
  instance_id = local.instance_id
  region      = local.region
  name        = "engine"
  api_key     = "engine-key-0123456789abcdefghijklmnopqrstuvw"
}
resource "ibm_sm_iam_credentials_secret" "basic" {
  instance_id             = local.instance_id
  region                  = local.region
  service_id              = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  ttl                     = "1800"
  name                    = "test-iam-credentials-secret"
  reuse_api_key           = true
  secret_group_id         = ibm_sm_secret_group.g.secret_group_id
  description             = ""
  version_custom_metadata = {}
  custom_metadata         = {}
  labels                  = []
  depends_on              = [ibm_sm_iam_credentials_configuration.e]
}
resource "ibm_sm_iam_credentials_secret" "minimal" {
  instance_id             = local.instance_id
  access_groups           = ["AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"]
  ttl                     = 7776000
  name                    = "minimal"
  description             = ""
  version_custom_metadata = {}
  depends_on              = [ibm_sm_iam_credentials_configuration.e]
}
resource "ibm_sm_iam_credentials_secret" "all" {
  instance_id     = local.instance_id
  region          = local.region
  endpoint_type   = "public"
  name            = var.step == 1 ? "all-arguments" : "all-arguments-renamed"
  description     = var.step == 1 ? "everything set" : "everything changed"
  labels          = var.step == 1 ? ["dev", "us-south"] : ["prod"]
  secret_group_id = ibm_sm_secret_group.g.secret_group_id
  access_groups   = ["AccessGroupId-45884031-54be-4dd7-86ff-112511e92699", "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"]
  ttl             = var.step == 1 ? "7776000" : "5184000"
  reuse_api_key   = true
  rotation {
    auto_rotate = true
    interval    = var.step == 1 ? 1 : 2
    unit        = "month"
  }
  custom_metadata         = var.step == 1 ? { owner = "team-a" } : { owner = "team-b", tier = "1" }
  version_custom_metadata = var.step == 1 ? { ticket = "OPS-1" } : { ticket = "OPS-2" }
  depends_on              = [ibm_sm_iam_credentials_configuration.e]
}
