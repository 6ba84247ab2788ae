# An engine with a key: configured, given another key, told to ignore it, and left to service-to-service
# authorization. No state has any of the keys.

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  # Two identities of every new emulator whose keys can do what an engine does.
  engine_key    = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  bootstrap_key = "bootstrap-key-0123456789abcdefghijklmnopqrst"
}

run "configure" {
  variables {
    api_key = var.engine_key
  }
  assert {
    condition     = output.id == "us-south/${var.instance_id}/iam-engine"
    error_message = "The id is that of an import."
  }
  assert {
    condition     = ibm_sm_iam_credentials_configuration.this[0].api_key == null && ibm_sm_iam_credentials_configuration.this[0].api_key_wo == null
    error_message = "The state has no key."
  }
}


run "another_key_with_another_version" {
  variables {
    api_key         = var.bootstrap_key
    api_key_version = "2"
  }
  assert {
    condition     = ibm_sm_iam_credentials_configuration.this[0].api_key_wo_version == "2"
    error_message = "A new version sends the key again."
  }
}

run "ignored" {
  variables {
    api_key         = var.bootstrap_key
    api_key_version = "2"
    disabled        = true
  }
  assert {
    condition     = ibm_sm_iam_credentials_configuration.this[0].disabled
    error_message = "The engine ignores its key."
  }
}

# Planned only: `terraform test` 1.11 cannot apply a root module whose ephemeral variable is left out.
run "without_a_key" {
  command = plan
  variables {
    authorization = "service_to_service"
  }
  assert {
    condition     = output.id == null && length(ibm_sm_iam_credentials_configuration.this) == 0
    error_message = "There is nothing to configure."
  }
}
