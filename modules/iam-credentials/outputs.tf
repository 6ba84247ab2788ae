output "secrets" {
  description = "By key: what others need to find a secret and to follow its key, but never the key itself. Read that with `ephemeral \"ibm_sm_iam_credentials_secret\"` and a `secret_id` from here; `key_version` is made for the version of a write-only argument that takes it. `api_key_id` and `expiration_date` are null until a key has been read."
  value = {
    for key, secret in ibm_sm_iam_credentials_secret.this : key => {
      id                 = secret.id
      secret_id          = secret.secret_id
      crn                = secret.crn
      name               = secret.name
      secret_group_id    = secret.secret_group_id
      service_id         = secret.service_id
      api_key_id         = secret.api_key_id
      key_version        = secret.key_version
      expiration_date    = secret.expiration_date
      next_rotation_date = secret.next_rotation_date
    }
  }
}

output "groups" {
  description = "The groups that were created, by key: `id`, `name` and `secret_group_id`."
  value = {
    for key, group in ibm_sm_secret_group.this : key => {
      id              = group.id
      name            = group.name
      secret_group_id = group.secret_group_id
    }
  }
}
