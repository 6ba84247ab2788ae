resource "ibm_sm_arbitrary_secret" "app" {
  instance_id = var.instance_id
  name        = "app"
  # CASE
}
