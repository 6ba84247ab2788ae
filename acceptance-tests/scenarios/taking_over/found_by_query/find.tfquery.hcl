list "ibm_sm_iam_credentials_secret" "made" {
  provider = ibm
  config {
    instance_id = var.instance_id
    search      = "made"
  }
}

list "ibm_sm_iam_credentials_secret" "own" {
  provider = ibm
  config {
    instance_id = var.instance_id
    search      = "own"
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
