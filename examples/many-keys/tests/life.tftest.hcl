# The ids and the key are those of every new emulator.

variables {
  instance_id     = "11111111-2222-4333-8444-555555555555"
  service_id      = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  access_group_id = "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"
  engine_api_key  = "engine-key-0123456789abcdefghijklmnopqrstuvw"
}

run "create" {
  assert {
    condition     = length(module.credentials.secrets) == 3 && ibm_sm_arbitrary_secret.copy.payload == null
    error_message = "Three secrets and a copy, and no key in the state."
  }
}

run "nothing_is_left_to_do" {
  command = plan
  assert {
    condition     = ibm_sm_arbitrary_secret.copy.payload_wo_version == tostring(module.credentials.secrets["deployer"].key_version)
    error_message = "A second plan copies the key again."
  }
}
