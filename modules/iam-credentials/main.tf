locals {
  # Every secret as it is to be, with the defaults in it.
  secrets = {
    for key, secret in var.secrets : key => merge(secret, {
      name            = coalesce(secret.name, key)
      ttl             = coalesce(secret.ttl, var.defaults.ttl)
      store_api_key   = coalesce(secret.store_api_key, var.defaults.store_api_key)
      labels          = distinct(concat(var.defaults.labels, secret.labels))
      custom_metadata = merge(var.defaults.custom_metadata, secret.custom_metadata)
      rotation        = secret.rotation != null || !secret.reuse_api_key ? secret.rotation : var.defaults.rotation
      early_renewal   = secret.early_renewal != null || !secret.reuse_api_key ? secret.early_renewal : var.defaults.early_renewal
    })
  }
}

resource "ibm_sm_secret_group" "this" {
  for_each = var.groups
  provider = ibmsm

  instance_id   = var.instance_id
  region        = var.region
  endpoint_type = var.endpoint_type
  name          = coalesce(each.value.name, each.key)
  description   = each.value.description
}

resource "ibm_sm_iam_credentials_secret" "this" {
  for_each = local.secrets
  provider = ibmsm

  instance_id       = var.instance_id
  region            = var.region
  endpoint_type     = var.endpoint_type
  name              = each.value.name
  description       = each.value.description
  secret_group_id   = each.value.group == null ? each.value.secret_group_id : ibm_sm_secret_group.this[each.value.group].secret_group_id
  service_id        = each.value.service_id
  access_groups     = each.value.access_groups
  account_id        = each.value.account_id
  ttl               = each.value.ttl
  reuse_api_key     = each.value.reuse_api_key
  store_api_key     = each.value.store_api_key
  early_renewal     = each.value.early_renewal
  rotation_triggers = each.value.rotation_triggers
  rotation          = each.value.rotation == null ? null : [each.value.rotation]
  labels            = length(each.value.labels) == 0 ? null : each.value.labels
  custom_metadata   = length(each.value.custom_metadata) == 0 ? null : each.value.custom_metadata

  # The provider refuses all of this too, but can name neither the key of the secret nor the
  # variable to change.
  lifecycle {
    precondition {
      condition     = can(regex("^\\w[\\w.-]{0,254}[[:alnum:]]$", each.value.name))
      error_message = "secrets[\"${each.key}\"]: \"${each.value.name}\" cannot be a secret's name. Set `name` to 2 to 256 letters, digits, `_`, `-` and `.` that end with a letter or digit; it may differ from the key."
    }
    precondition {
      condition     = (each.value.service_id == null) != (each.value.access_groups == null)
      error_message = "secrets[\"${each.key}\"]: set exactly one of `service_id`, for a key of that service ID, and `access_groups`, for a key with the access of these groups."
    }
    precondition {
      condition     = try(length(each.value.access_groups) >= 1 && length(each.value.access_groups) <= 10, true)
      error_message = "secrets[\"${each.key}\"]: `access_groups` takes 1 to 10 groups. If more are needed, create a group with the access of several, or a service ID, and name that."
    }
    precondition {
      condition     = each.value.group == null || each.value.secret_group_id == null
      error_message = "secrets[\"${each.key}\"]: set `group`, for a group in `groups`, or `secret_group_id`, for one that exists already, not both."
    }
    precondition {
      condition     = try(contains(keys(var.groups), each.value.group), true)
      error_message = "secrets[\"${each.key}\"]: `groups` has no \"${coalesce(each.value.group, "-")}\". Add it there, or set `secret_group_id` instead for a group that exists already."
    }
    precondition {
      condition     = try(provider::ibmsm::duration_to_seconds(each.value.ttl) >= 60 && provider::ibmsm::duration_to_seconds(each.value.ttl) <= 7776000, false)
      error_message = "secrets[\"${each.key}\"]: the ttl \"${each.value.ttl}\" is not from 1 minute to 90 days. Set `ttl`, or `defaults.ttl`, to seconds or a number with a unit: 1800, 30m, 24h, 90d."
    }
    precondition {
      condition     = each.value.reuse_api_key || (each.value.rotation == null && each.value.early_renewal == null && each.value.rotation_triggers == null)
      error_message = "secrets[\"${each.key}\"]: with `reuse_api_key = false` each read makes a new key, and there is none to renew. Remove `rotation`, `early_renewal` and `rotation_triggers`, or `reuse_api_key`."
    }
    precondition {
      # One to three months have at least so many days; more never fit into a ttl.
      condition     = try((each.value.rotation.unit == "month" ? try([0, 28, 59, 89][each.value.rotation.interval], each.value.rotation.interval * 30) : each.value.rotation.interval) * 86400 <= provider::ibmsm::duration_to_seconds(each.value.ttl), true)
      error_message = "secrets[\"${each.key}\"]: a key ends after its ttl of ${each.value.ttl}, before it would be rotated. Set `ttl` to more, `rotation.interval` to less, or `rotation = { auto_rotate = false }` if the key shall end for good."
    }
  }
}
