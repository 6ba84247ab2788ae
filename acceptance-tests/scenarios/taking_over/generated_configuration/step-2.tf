removed {
  from = ibm_sm_iam_credentials_secret.made
  lifecycle {
    destroy = false
  }
}

removed {
  from = ibm_sm_iam_credentials_secret.own
  lifecycle {
    destroy = false
  }
}

removed {
  from = ibm_sm_arbitrary_secret.text
  lifecycle {
    destroy = false
  }
}

removed {
  from = ibm_sm_secret_group.team
  lifecycle {
    destroy = false
  }
}
