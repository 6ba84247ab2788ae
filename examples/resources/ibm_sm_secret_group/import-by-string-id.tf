import {
  to = ibm_sm_secret_group.team
  id = "us-south/${var.instance_id}/${var.secret_group_id}"
}
