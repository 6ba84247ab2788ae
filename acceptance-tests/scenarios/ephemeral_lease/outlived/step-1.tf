variable "url" {}
ephemeral "ibm_sm_iam_credentials_lease" "run" {
  instance_id = var.instance_id
  service_id  = var.service_id
  ttl         = "10m"
}
resource "terraform_data" "takes_twenty_minutes" {
  provisioner "local-exec" {
    command     = "curl --fail --silent --show-error --data '{\"seconds\": 1230}' --header 'content-type: application/json' $URL/_emulator/clock/advance"
    environment = { URL = var.url, KEY = ephemeral.ibm_sm_iam_credentials_lease.run.api_key }
  }
}
