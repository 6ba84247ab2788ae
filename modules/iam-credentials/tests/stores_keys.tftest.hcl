# Only who asks for it has a key in the state.

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  engine_key  = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  service_id  = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
}

run "engine" {
  module {
    source = "../engine"
  }
  variables {
    api_key = var.engine_key
  }
}

run "one_of_two" {
  variables {
    secrets = {
      stored = { service_id = var.service_id, store_api_key = true }
      kept   = { service_id = var.service_id }
    }
  }

  assert {
    condition     = ibm_sm_iam_credentials_secret.this["stored"].api_key != null && ibm_sm_iam_credentials_secret.this["kept"].api_key == null
    error_message = "A secret decides for itself."
  }
  assert {
    condition     = output.secrets.stored.api_key_id != null && output.secrets.kept.api_key_id == null && output.secrets.kept.expiration_date == null
    error_message = "A key that nobody has read has neither id nor end yet."
  }
}
