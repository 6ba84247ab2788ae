# The ids and the key are those of every new emulator.

variables {
  instance_id    = "11111111-2222-4333-8444-555555555555"
  service_id     = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  engine_api_key = "engine-key-0123456789abcdefghijklmnopqrstuvw"
}

run "create" {
  assert {
    condition     = ibm_sm_iam_credentials_secret.app.api_key == null && ibm_sm_arbitrary_secret.consumer.payload == null
    error_message = "The state has a key."
  }
}

run "nothing_is_left_to_do" {
  command = plan
  assert {
    condition     = ibm_sm_arbitrary_secret.consumer.payload_wo_version == tostring(run.create.key_version)
    error_message = "A second plan hands the key on again."
  }
}

run "rotate" {
  variables {
    quarter = "2026-Q2"
  }
  assert {
    condition     = ibm_sm_iam_credentials_secret.app.key_version > run.create.key_version
    error_message = "There is no new key."
  }
  assert {
    condition     = ibm_sm_arbitrary_secret.consumer.payload_wo_version == tostring(ibm_sm_iam_credentials_secret.app.key_version) && ibm_sm_arbitrary_secret.consumer.versions_total == 2
    error_message = "The consumer did not get the new key in the same apply."
  }
}
