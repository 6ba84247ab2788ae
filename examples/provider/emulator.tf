# Against the emulator, on another machine.
provider "ibm" {
  ibmcloud_api_key         = var.api_key
  iam_endpoint             = "http://emulator.internal:8080"
  secrets_manager_endpoint = "http://emulator.internal:8080/instances/{instance_id}"
  allow_plain_http         = true
}
