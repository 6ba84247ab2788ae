# What is refused, each beside a secret that is accepted. Nothing is sent, so the provider is mocked;
# its own checks run all the same.

mock_provider "ibmsm" {}

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  service_id  = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  group_ids   = [for number in range(11) : "AccessGroupId-${number}"]
  groups      = { team-a = {} }
}

run "accepted" {
  command = plan
  variables {
    secrets = {
      "with a name"  = { name = "app", service_id = var.service_id }
      ten_groups     = { access_groups = slice(var.group_ids, 0, 10) }
      grouped        = { service_id = var.service_id, group = "team-a" }
      a_minute       = { service_id = var.service_id, ttl = "60", rotation = { auto_rotate = false } }
      as_long_as_ttl = { service_id = var.service_id, ttl = "28d", rotation = { interval = 1, unit = "month" } }
      three_months   = { service_id = var.service_id, ttl = "89d", rotation = { interval = 3, unit = "month" } }
      dynamic        = { service_id = var.service_id, reuse_api_key = false }
    }
  }
}

run "a_key_that_is_no_name" {
  command = plan
  variables {
    secrets = { "with a name" = { service_id = var.service_id } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "neither_service_id_nor_groups" {
  command = plan
  variables {
    secrets = { app = {} }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "both_service_id_and_groups" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, access_groups = ["AccessGroupId-1"] } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "eleven_groups" {
  command = plan
  variables {
    secrets = { app = { access_groups = var.group_ids } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_group_that_is_not_there" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, group = "team-b" } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "two_groups" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, group = "team-a", secret_group_id = "default" } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_ttl_below_a_minute" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, ttl = "59", rotation = { auto_rotate = false } } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_default_ttl_beyond_90_days" {
  command = plan
  variables {
    defaults = { ttl = "91d" }
    secrets  = { app = { service_id = var.service_id } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_ttl_that_is_no_duration" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, ttl = "3 months" } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_rotation_without_a_key" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, reuse_api_key = false, rotation = { interval = 1, unit = "day" } } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "a_ttl_that_the_default_rotation_outlasts" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, ttl = "30d" } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}

run "three_months_are_longer_than_a_ttl_of_88_days" {
  command = plan
  variables {
    secrets = { app = { service_id = var.service_id, ttl = "88d", rotation = { interval = 3, unit = "month" } } }
  }
  expect_failures = [ibm_sm_iam_credentials_secret.this]
}
