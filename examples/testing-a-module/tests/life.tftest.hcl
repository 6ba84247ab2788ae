# Against the emulator. These ids and the key are those of every new one.

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  service_id  = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
}

# What has to be there before the module: a module of its own, destroyed last.
run "engine" {
  module {
    source = "./tests/engine"
  }
  variables {
    api_key = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  }
}

run "create" {
  assert {
    condition     = ibm_sm_iam_credentials_secret.app.api_key == null && ibm_sm_arbitrary_secret.copy.payload == null
    error_message = "The key is in the state."
  }
  # The service has seen the payload, which no mock would have.
  assert {
    condition     = ibm_sm_arbitrary_secret.copy.versions_total == 1
    error_message = "The copy has no payload."
  }
}

run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = ibm_sm_arbitrary_secret.copy.payload_wo_version == run.create.copied_version
    error_message = "A second plan would copy the key again."
  }
}

