# Stands in for the platform, which puts the token into a file.
resource "terraform_data" "platform" {
  provisioner "local-exec" {
    command = "printf %s \"$PLATFORM_TOKEN\" > token"
  }
}

resource "ibm_sm_iam_credentials_secret" "a" {
  instance_id = var.instance_id
  name        = "secret-a"
  service_id  = var.service_id
  ttl         = "1800"
  depends_on  = [terraform_data.platform]
}

resource "ibm_sm_iam_credentials_secret" "b" {
  instance_id = var.instance_id
  name        = "secret-b"
  service_id  = var.service_id
  ttl         = "1800"
  depends_on  = [terraform_data.platform]
}
