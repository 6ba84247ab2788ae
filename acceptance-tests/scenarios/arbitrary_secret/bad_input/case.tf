variable "unset" {
  ephemeral = true
  default   = null
}

resource "ibm_sm_arbitrary_secret" "bad" {
  instance_id = var.instance_id
  # CASE
}
