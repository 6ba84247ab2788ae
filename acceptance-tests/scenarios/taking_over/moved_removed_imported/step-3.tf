removed {
  from = ibm_sm_iam_credentials_secret.team
  lifecycle {
    destroy = false
  }
}
