provider "ibm" {
  store_api_key = false
}

removed {
  from = ibm_sm_iam_credentials_secret.a
  lifecycle {
    destroy = false
  }
}

removed {
  from = ibm_sm_iam_credentials_secret.b
  lifecycle {
    destroy = false
  }
}

removed {
  from = ibm_sm_iam_credentials_secret.c
  lifecycle {
    destroy = false
  }
}

