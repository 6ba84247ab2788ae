# A central Secrets Manager makes credentials in the account of an application, and hands them on to
# the instance that the application reads.

terraform {
  required_version = ">= 1.11"

  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}

# The central account. Its API key comes from IC_API_KEY.
provider "ibm" {
  region        = "us-south"
  store_api_key = false
}

# The application's account.
provider "ibm" {
  alias            = "application"
  region           = "eu-de"
  ibmcloud_api_key = var.application_api_key
}

variable "instance_id" {
  description = "The central instance."
  type        = string
}

variable "application" {
  type = object({
    account_id      = string
    instance_id     = string
    service_id      = string
    access_group_id = string
  })
}

variable "application_api_key" {
  type      = string
  ephemeral = true
  sensitive = true
}

# For a service ID of the application's account.
resource "ibm_sm_iam_credentials_secret" "deployer" {
  instance_id = var.instance_id
  name        = "application-deployer"
  account_id  = var.application.account_id
  service_id  = var.application.service_id
  ttl         = "90d"

  rotation {
    auto_rotate = true
    interval    = 1
    unit        = "month"
  }
}

# Or with the access of a group there: the engine creates the service ID in that account too.
resource "ibm_sm_iam_credentials_secret" "auditor" {
  instance_id   = var.instance_id
  name          = "application-auditor"
  account_id    = var.application.account_id
  access_groups = [var.application.access_group_id]
  ttl           = "30d"
}

ephemeral "ibm_sm_iam_credentials_secret" "deployer" {
  instance_id = var.instance_id
  secret_id   = ibm_sm_iam_credentials_secret.deployer.secret_id
}

resource "ibm_sm_arbitrary_secret" "deployer" {
  provider = ibm.application

  instance_id        = var.application.instance_id
  name               = "deployer-key"
  payload_wo         = ephemeral.ibm_sm_iam_credentials_secret.deployer.api_key
  payload_wo_version = ibm_sm_iam_credentials_secret.deployer.key_version
}
