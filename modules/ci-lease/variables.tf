variable "instance_id" {
  description = "The GUID of the Secrets Manager instance. Its IAM credentials engine must be configured before this run begins."
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

variable "service_id" {
  description = "The service ID that the run works as. Set exactly one of `service_id` and `access_groups`."
  type        = string
  default     = null
}

variable "access_groups" {
  description = "Ids of 1 to 10 access groups whose access the run has, through a service ID that lives as long as the run."
  type        = list(string)
  default     = null
}

variable "account_id" {
  description = "The account of the service ID or the groups, if it is not the instance's."
  type        = string
  default     = null
}

variable "secret_group_id" {
  description = "The id of the secret group that the lease is made in, so that a pipeline needs no access to others. Default: the group `default`."
  type        = string
  default     = null
}

variable "ttl" {
  description = "How long the key lives if nobody ends it, from 1 minute to 90 days. Longer than the longest run takes, since a key cannot be prolonged."
  type        = string
  default     = "1h"
  nullable    = false
}

variable "wait_until_usable" {
  description = "Whether to wait until IAM accepts the key, a few seconds after it was made."
  type        = bool
  default     = true
  nullable    = false
}
