ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.service_id
  ttl         = "10m"
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "exit 3"
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_lease.run.api_key }
  }
}
