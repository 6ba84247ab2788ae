# A key for a run: made when a plan or an apply begins, and gone when it ends.

variables {
  instance_id  = "11111111-2222-4333-8444-555555555555"
  engine_key   = "engine-key-0123456789abcdefghijklmnopqrstuvw"
  service_id   = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
  access_group = "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"
}

run "engine" {
  module {
    source = "../engine"
  }
  variables {
    api_key = var.engine_key
  }
}

run "for_a_service_id" {
  module {
    source = "./tests/consumer"
  }

  assert {
    condition     = module.lease.service_id == var.service_id && length(module.lease.api_key) > 20
    error_message = "The run has a key of the service ID."
  }
  assert {
    condition     = startswith(module.lease.name, "terraform-lease-") && module.lease.expiration_date != null
    error_message = "The lease can be found, and says when it ends."
  }
  assert {
    condition     = ibm_sm_arbitrary_secret.copy.payload == null
    error_message = "The key is in no state."
  }
}

run "for_access_groups" {
  command = plan
  module {
    source = "./tests/consumer"
  }
  variables {
    service_id    = null
    access_groups = [var.access_group]
  }

  assert {
    condition     = module.lease.service_id != var.service_id
    error_message = "A plan has a key too, of a service ID made for it."
  }
}
