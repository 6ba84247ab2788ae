variable "instance_id" {
  description = "The GUID of the Secrets Manager instance."
  type        = string
}

variable "region" {
  description = "The region of the instance. Default: that of the provider block."
  type        = string
  default     = null
}

variable "endpoint_type" {
  description = "`public` or `private`. Default: what the provider block says."
  type        = string
  default     = null
}

variable "authorization" {
  description = "How the engine works in IAM: `api_key`, with the key of a service ID, or `service_to_service`, without any key, by the authorizations in the output `required_authorizations`."
  type        = string
  default     = "api_key"
  nullable    = false

  validation {
    condition     = contains(["api_key", "service_to_service"], var.authorization)
    error_message = "Set `authorization` to \"api_key\" and give an `api_key`, or to \"service_to_service\" and create the authorizations in the output `required_authorizations`."
  }
}

variable "name" {
  description = "The name of the engine's configuration. An instance has one."
  type        = string
  default     = "iam-engine"
  nullable    = false
}

variable "api_key" {
  description = "The API key that the engine uses in IAM, from an ephemeral value: it is in no plan and no state. Its service ID needs Operator on the IAM Identity service and Editor on the IAM Access Groups service; where the account restricts who creates service IDs, also the Service ID creator role."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.authorization == "api_key") == (var.api_key != null)
    error_message = "Give an `api_key` with `authorization = \"api_key\"`, and none with \"service_to_service\", where the engine has no key."
  }
}

variable "api_key_version" {
  description = "Any string or number that changes with `api_key`: Terraform cannot compare what no state holds, so a new key is sent when this changes."
  type        = string
  default     = "1"
  nullable    = false
}

variable "disabled" {
  description = "Whether the engine ignores its key. It is the step before `service_to_service`: with true the authorizations alone count, and the way back is to set false."
  type        = bool
  default     = false
  nullable    = false
}

variable "restricted_service_ids" {
  description = "Whether the account restricts who creates service IDs: the engine then needs one role more, which `required_authorizations` contains."
  type        = bool
  default     = false
  nullable    = false
}
