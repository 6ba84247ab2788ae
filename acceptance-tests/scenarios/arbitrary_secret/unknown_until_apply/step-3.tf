resource "terraform_data" "later" {
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

resource "ibm_sm_arbitrary_secret" "without" {
  instance_id = var.instance_id
  name        = "u-without"
  payload     = terraform_data.later.output.nothing
}
