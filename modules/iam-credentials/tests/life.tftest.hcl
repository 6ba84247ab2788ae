# The life of a few secrets: created, changed, renamed, one removed while the others stay, all
# destroyed. The ids and keys are those of every new emulator.

variables {
  instance_id    = "11111111-2222-4333-8444-555555555555"
  engine_key     = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  service_id     = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  access_group   = "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"
  existing_group = "bfc0a4a9-3d58-4fda-945b-76756af516aa"

  groups   = { team-a = { description = "Everything of team A" } }
  defaults = { labels = ["terraform"], custom_metadata = { team = "a", stage = "test" } }
}

run "engine" {
  module {
    source = "../engine"
  }
  variables {
    api_key = var.engine_key
  }
}

run "create" {
  variables {
    secrets = {
      deployer = {
        group           = "team-a"
        service_id      = var.service_id
        labels          = ["deploy"]
        custom_metadata = { stage = "production" }
      }
      reader = { secret_group_id = var.existing_group, access_groups = [var.access_group] }
      run    = { service_id = var.service_id, ttl = "15m", reuse_api_key = false }
    }
  }

  assert {
    condition     = { for key, secret in output.secrets : key => secret.name } == { deployer = "deployer", reader = "reader", run = "run" }
    error_message = "The keys are the names."
  }
  assert {
    condition     = output.secrets.deployer.secret_group_id == output.groups.team-a.secret_group_id
    error_message = "`group` is a key of `groups`."
  }
  assert {
    condition     = output.secrets.reader.secret_group_id == var.existing_group && output.secrets.run.secret_group_id == "default"
    error_message = "A secret is in the group that it names, or in `default`."
  }
  assert {
    condition     = toset(ibm_sm_iam_credentials_secret.this["deployer"].labels) == toset(["terraform", "deploy"])
    error_message = "Labels of a secret are added to those of the defaults."
  }
  assert {
    condition     = ibm_sm_iam_credentials_secret.this["deployer"].custom_metadata == tomap({ team = "a", stage = "production" })
    error_message = "A secret's own metadata win over the defaults."
  }
  assert {
    condition     = alltrue([for secret in ibm_sm_iam_credentials_secret.this : secret.api_key == null])
    error_message = "No key is read by default."
  }
  assert {
    condition     = output.secrets.deployer.key_version > 0 && output.secrets.deployer.next_rotation_date != null
    error_message = "Rotation is on by default, and the version of the key is known."
  }
  assert {
    condition     = output.secrets.run.key_version == null && output.secrets.run.next_rotation_date == null
    error_message = "A dynamic secret is not rotated."
  }
}

run "rename_one_and_remove_another" {
  variables {
    secrets = {
      deployer = {
        name              = "release"
        group             = "team-a"
        service_id        = var.service_id
        rotation_triggers = { leaver = "2026-01" }
      }
      run = { service_id = var.service_id, ttl = "15m", reuse_api_key = false }
    }
  }

  assert {
    condition     = output.secrets.deployer.secret_id == run.create.secrets.deployer.secret_id && output.secrets.run.secret_id == run.create.secrets.run.secret_id
    error_message = "What has its key stays the same secret."
  }
  assert {
    condition     = output.secrets.deployer.name == "release" && toset(keys(output.secrets)) == toset(["deployer", "run"])
    error_message = "One is renamed in place, one is removed."
  }
  assert {
    condition     = ibm_sm_iam_credentials_secret.this["deployer"].custom_metadata == tomap({ team = "a", stage = "test" })
    error_message = "Metadata that were removed are those of the defaults again."
  }
  assert {
    condition     = output.secrets.deployer.key_version > run.create.secrets.deployer.key_version
    error_message = "A new trigger makes a new key."
  }
}

run "nothing_is_left_to_do" {
  command = plan
  variables {
    secrets = {
      deployer = {
        name              = "release"
        group             = "team-a"
        service_id        = var.service_id
        rotation_triggers = { leaver = "2026-01" }
      }
      run = { service_id = var.service_id, ttl = "15m", reuse_api_key = false }
    }
  }

  # Everything is known, so nothing is planned for it.
  assert {
    condition     = output.secrets == run.rename_one_and_remove_another.secrets
    error_message = "A second plan finds something to do."
  }
}
