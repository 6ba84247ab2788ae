# Not known before the apply, so that the plan opens nothing.
resource "terraform_data" "ttl" {
  input = "10m"
}
ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.service_id
  ttl         = terraform_data.ttl.output
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "test -n \"$KEY\""
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_lease.run.api_key }
  }
}
