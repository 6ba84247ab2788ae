provider "ibm" {
  max_retries = 1
}

resource "ibm_sm_secret_group" "team" {
  instance_id = var.instance_id
  name        = "team-a"
}
