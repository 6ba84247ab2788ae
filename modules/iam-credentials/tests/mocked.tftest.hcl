# What Terraform's mocks make of the module: made-up values in every computed attribute, also where the
# real provider has none, and a service ID that does not exist is as good as any. What is configured
# and what is refused can be tested so, and nothing else.

mock_provider "ibmsm" {}

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
}

run "apply" {
  variables {
    secrets = { app = { service_id = "ServiceId-0" } }
  }

  assert {
    condition     = ibm_sm_iam_credentials_secret.this["app"].store_api_key == false && ibm_sm_iam_credentials_secret.this["app"].api_key != null
    error_message = "The mock has no key any more where none is stored: say so in docs/guides/testing-modules.md."
  }
  assert {
    condition     = output.secrets.app.key_version == 0 && !can(timeadd(output.secrets.app.expiration_date, "0s"))
    error_message = "The mock makes up better values: say so in docs/guides/testing-modules.md."
  }
}

# A second plan is empty, whatever the service would have changed.
run "plan_again" {
  command = plan
  variables {
    secrets = { app = { service_id = "ServiceId-0" } }
  }

  assert {
    condition     = output.secrets == run.apply.secrets
    error_message = "The mock plans changes: say so in docs/guides/testing-modules.md."
  }
}
