ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.service_id
  ttl         = "10m"
}
resource "terraform_data" "user" {
  provisioner "local-exec" {
    # The provider too, which would close the lease.
    command     = "pkill -9 -P $PPID terraform-provi; kill -9 $PPID"
    environment = { KEY = ephemeral.ibm_sm_iam_credentials_lease.run.api_key }
  }
}
