# The second run plans and applies while this one holds its lease.
ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.service_id
  ttl         = "10m"
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "$TERRAFORM -chdir=../second apply -auto-approve -input=false"
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_lease.run.api_key }
  }
}
