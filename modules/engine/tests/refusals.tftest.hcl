# What is refused, and what is asked for in IAM. Nothing is sent, so the provider is mocked.

mock_provider "ibmsm" {}

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
}

run "no_key" {
  command         = plan
  expect_failures = [var.api_key]
}

run "a_key_that_is_not_needed" {
  command = plan
  variables {
    authorization = "service_to_service"
    api_key       = "not-a-real-key"
  }
  expect_failures = [var.api_key]
}

run "a_way_that_does_not_exist" {
  command = plan
  variables {
    authorization = "password"
  }
  expect_failures = [var.authorization]
}

run "required_authorizations" {
  command = plan
  variables {
    authorization          = "service_to_service"
    restricted_service_ids = true
  }
  assert {
    condition = output.required_authorizations == {
      iam-identity = ["Operator", "Service ID creator"]
      iam-groups   = ["Groups Service Member Manage"]
    }
    error_message = "The roles are those of IBM's page."
  }
}
