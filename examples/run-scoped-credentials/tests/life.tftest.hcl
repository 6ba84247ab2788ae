# A deployment logs in with a key of its own. The ids and the key are those of every new emulator.

variables {
  instance_id         = "11111111-2222-4333-8444-555555555555"
  deployer_service_id = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
}

run "engine" {
  module {
    source = "../../modules/engine"
  }
  variables {
    api_key = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  }
}

run "first_release" {
  variables {
    release = "1"
  }
  assert {
    condition     = module.lease.service_id == var.deployer_service_id
    error_message = "The key is not the deployer's."
  }
}

run "second_release" {
  variables {
    release = "2"
  }
  assert {
    condition     = terraform_data.deployment.id != null
    error_message = "Nothing was deployed."
  }
}
