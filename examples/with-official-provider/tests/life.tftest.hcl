# Our half of the example, with a stand-in for the other one (see README.md).

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
}

# In the first plan the service ID and the group are not known yet.
run "create" {
  assert {
    condition     = module.engine.id == null && module.engine.required_authorizations.iam-identity == ["Operator"]
    error_message = "The engine has no key, and says what it needs instead."
  }
  assert {
    condition     = output.secrets.log-reader.service_id == module.iam.service_id && output.secrets.operators.service_id != module.iam.service_id
    error_message = "One key is the service ID's, one of a service ID in the group."
  }
}
