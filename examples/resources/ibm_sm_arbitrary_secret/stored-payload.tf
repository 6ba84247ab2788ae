# As with the official provider: the payload is in the state, and a changed one is noticed.
resource "ibm_sm_arbitrary_secret" "licence" {
  instance_id   = var.instance_id
  name          = "licence"
  payload       = var.licence
  store_payload = true
}
