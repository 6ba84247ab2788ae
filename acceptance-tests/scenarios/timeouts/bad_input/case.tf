resource "ibm_sm_secret_group" "bad" {
  instance_id = var.instance_id
  name        = "team"
  timeouts {
    # CASE
  }
}
