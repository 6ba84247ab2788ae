terraform {
  required_providers {
    ibm = {
      source  = "IBM-Cloud/ibm"
      version = ">= 1.70.0, < 3.0.0"
    }
  }
}

variable "instance_id" {
  type = string
}

variable "authorizations" {
  description = "By target service, the roles that this Secrets Manager instance needs there."
  type        = map(list(string))
}

resource "ibm_iam_authorization_policy" "engine" {
  for_each = var.authorizations

  source_service_name         = "secrets-manager"
  source_resource_instance_id = var.instance_id
  target_service_name         = each.key
  roles                       = each.value
}

resource "ibm_iam_service_id" "log_reader" {
  name        = "log-reader"
  description = "Reads the logs"
}

resource "ibm_iam_service_policy" "log_reader" {
  iam_id = ibm_iam_service_id.log_reader.iam_id
  roles  = ["Viewer", "Reader"]

  resources {
    service = "logs"
  }
}

resource "ibm_iam_access_group" "operators" {
  name = "operators"
}

output "service_id" {
  value = ibm_iam_service_id.log_reader.id

  # A key is of no use before its policies.
  depends_on = [ibm_iam_service_policy.log_reader]
}

output "access_group_id" {
  value = ibm_iam_access_group.operators.id

  # Nor does the engine work before its authorizations.
  depends_on = [ibm_iam_authorization_policy.engine]
}
