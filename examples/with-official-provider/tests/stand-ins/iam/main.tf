# Takes the place of `iam/` where the official provider is not at hand: the same variables and outputs.
# What it would make is in the emulator already: `tests/seed.json` and its initial state.

variable "instance_id" {
  type = string
}

variable "authorizations" {
  type = map(list(string))
}

# A resource, so that the outputs are unknown in the first plan, as they are with the real one.
resource "terraform_data" "made" {
  input = {
    service_id      = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
    access_group_id = "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"
  }
}

output "service_id" {
  value = terraform_data.made.output.service_id
}

output "access_group_id" {
  value = terraform_data.made.output.access_group_id
}
