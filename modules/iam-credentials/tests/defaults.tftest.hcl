# What is planned for secrets that say nothing, and for those that say otherwise.

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  service_id  = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
}

run "of_the_module" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id } }
  }

  assert {
    condition     = ibm_sm_iam_credentials_secret.this["app"].ttl == "90d" && ibm_sm_iam_credentials_secret.this["app"].store_api_key == false && ibm_sm_iam_credentials_secret.this["app"].early_renewal == null
    error_message = "A key lives for 90 days, is not stored, and is not renewed early."
  }
  assert {
    condition     = one(ibm_sm_iam_credentials_secret.this["app"].rotation) == { auto_rotate = true, interval = 60, unit = "day" }
    error_message = "A key is rotated every 60 days."
  }
}

run "of_the_caller" {
  command = plan
  variables {
    defaults = { ttl = "30d", early_renewal = "7d", rotation = { interval = 10, unit = "day" } }
    secrets = {
      plain   = { service_id = var.service_id }
      monthly = { service_id = var.service_id, ttl = "60d", rotation = { interval = 1, unit = "month" } }
      fixed   = { service_id = var.service_id, rotation = { auto_rotate = false }, early_renewal = "1d" }
      dynamic = { service_id = var.service_id, ttl = "1h", reuse_api_key = false }
    }
  }

  assert {
    condition = { for key, secret in ibm_sm_iam_credentials_secret.this : key => secret.ttl } == {
      plain = "30d", monthly = "60d", fixed = "30d", dynamic = "1h"
    }
    error_message = "A secret's own ttl wins."
  }
  assert {
    condition     = one(ibm_sm_iam_credentials_secret.this["plain"].rotation).interval == 10 && one(ibm_sm_iam_credentials_secret.this["monthly"].rotation).unit == "month"
    error_message = "A secret's own rotation replaces the default one."
  }
  assert {
    condition     = one(ibm_sm_iam_credentials_secret.this["fixed"].rotation).auto_rotate == false
    error_message = "A secret can turn the default rotation off."
  }
  assert {
    condition = { for key, secret in ibm_sm_iam_credentials_secret.this : key => secret.early_renewal if key != "dynamic" } == {
      plain = "7d", monthly = "7d", fixed = "1d"
    }
    error_message = "A secret's own early_renewal wins."
  }
  assert {
    condition     = ibm_sm_iam_credentials_secret.this["dynamic"].early_renewal == null
    error_message = "The defaults do not renew what has no key."
  }
}
