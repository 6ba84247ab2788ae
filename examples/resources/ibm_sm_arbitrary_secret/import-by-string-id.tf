import {
  to = ibm_sm_arbitrary_secret.database
  id = "us-south/${var.instance_id}/${var.arbitrary_secret_id}"
}
