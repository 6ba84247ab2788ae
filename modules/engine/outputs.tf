output "id" {
  description = "The id of the configuration, for imports; null with service-to-service authorization. No attribute links secrets to their engine: use `depends_on = [module.engine]`."
  value       = one(ibm_sm_iam_credentials_configuration.this[*].id)
}

output "required_authorizations" {
  description = "What `service_to_service` needs in IAM: by target service, the roles that the source service `secrets-manager`, or this instance of it, must have there. For groups alone there is `iam-groups`; with service IDs that exist already it may be left out. In another account, these let its service IDs and groups be used by `account_id`."
  value       = local.required_authorizations
}
