variable "unset" {
  ephemeral = true
  default   = null
}

resource "ibm_sm_iam_credentials_configuration" "bad" {
  instance_id = var.instance_id
  name        = "engine"
  # CASE
}
