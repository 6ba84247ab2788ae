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

variable "groups" {
  description = "Secret groups to create. A secret goes into one if its `group` is the key here. The key is the group's name, unless `name` says otherwise."
  type = map(object({
    name        = optional(string)
    description = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "defaults" {
  description = "What secrets have that do not say otherwise. A secret's own `rotation` replaces this one as a whole; its `labels` and `custom_metadata` are added to these. Secrets with `reuse_api_key = false` have no key to renew, so neither `rotation` nor `early_renewal` applies to them. `store_api_key = true` puts keys into the state."
  type = object({
    ttl           = optional(string, "90d")
    early_renewal = optional(string)
    rotation = optional(object({
      auto_rotate = optional(bool, true)
      interval    = optional(number)
      unit        = optional(string)
    }), { interval = 60, unit = "day" })
    store_api_key   = optional(bool, false)
    labels          = optional(list(string), [])
    custom_metadata = optional(map(string), {})
  })
  default  = {}
  nullable = false
}

variable "secrets" {
  description = "The secrets. A key identifies a secret for Terraform and stays as long as the secret lives; it is also the secret's name, unless `name` says otherwise. What else is left out comes from `defaults`; without a group a secret is in the group `default`. To turn off the default rotation, set `rotation = { auto_rotate = false }`."
  type = map(object({
    name              = optional(string)
    description       = optional(string)
    group             = optional(string)
    secret_group_id   = optional(string)
    service_id        = optional(string)
    access_groups     = optional(list(string))
    account_id        = optional(string)
    ttl               = optional(string)
    reuse_api_key     = optional(bool, true)
    early_renewal     = optional(string)
    rotation_triggers = optional(map(string))
    rotation = optional(object({
      auto_rotate = optional(bool, true)
      interval    = optional(number)
      unit        = optional(string)
    }))
    store_api_key   = optional(bool)
    labels          = optional(list(string), [])
    custom_metadata = optional(map(string), {})
  }))
  nullable = false
}
