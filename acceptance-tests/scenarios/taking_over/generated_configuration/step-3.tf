variable "secret" {}
variable "own" {}
variable "text" {}
variable "group" {}

import {
  to = ibm_sm_iam_credentials_secret.made
  id = var.secret
}

import {
  to = ibm_sm_iam_credentials_secret.own
  id = var.own
}

import {
  to = ibm_sm_arbitrary_secret.text
  id = var.text
}

import {
  to = ibm_sm_secret_group.team
  id = var.group
}
