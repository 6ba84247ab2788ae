list "ibm_sm_iam_credentials_secret" "all" {
  provider = ibm
  config {
    instance_id = var.instance_id
  }
}

list "ibm_sm_secret_group" "team" {
  provider = ibm
  config {
    instance_id = var.instance_id
    search      = "team-a"
  }
}

list "ibm_sm_arbitrary_secret" "texts" {
  provider = ibm
  config {
    instance_id = var.instance_id
  }
}
