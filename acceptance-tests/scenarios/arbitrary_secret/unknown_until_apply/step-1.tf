# No payload in it: Terraform logs the values of terraform_data.
resource "terraform_data" "late" {
  input = {
    name     = "u"
    instance = var.instance_id
    labels   = ["uu"]
    map      = { k = "u" }
    date     = "2030-12-31T23:59:59Z"
    version  = 1
    nothing  = null
    no       = false
  }
}

resource "ibm_sm_arbitrary_secret" "app" {
  instance_id             = terraform_data.late.output.instance
  name                    = "${terraform_data.late.output.name}-app"
  description             = terraform_data.late.output.name
  labels                  = terraform_data.late.output.labels
  payload                 = terraform_data.late.output.no ? null : "shop-password-one-0123456789"
  payload_wo_version      = terraform_data.late.output.nothing
  store_payload           = terraform_data.late.output.nothing
  expiration_date         = terraform_data.late.output.date
  custom_metadata         = terraform_data.late.output.map
  version_custom_metadata = terraform_data.late.output.map
}

resource "ibm_sm_arbitrary_secret" "write_only" {
  instance_id        = var.instance_id
  name               = "u-write-only"
  payload_wo         = terraform_data.late.output.no ? null : "shop-password-one-0123456789"
  payload_wo_version = terraform_data.late.output.version
  store_payload      = terraform_data.late.output.no
}

resource "ibm_sm_arbitrary_secret" "known" {
  instance_id        = var.instance_id
  name               = "u-known"
  payload            = "shop-password-two-0123456789"
  payload_wo_version = terraform_data.late.output.nothing
}
