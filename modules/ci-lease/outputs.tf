output "api_key" {
  description = "The key. It may go wherever Terraform takes ephemeral values: provider blocks, write-only arguments, the environment and connections of provisioners, other ephemeral resources."
  value       = ephemeral.ibm_sm_iam_credentials_lease.this.api_key
  ephemeral   = true
  sensitive   = true
}

output "service_id" {
  description = "The service ID that the key belongs to."
  value       = ephemeral.ibm_sm_iam_credentials_lease.this.service_id
  ephemeral   = true
}

output "expiration_date" {
  description = "When the key ends if nobody ends it, RFC 3339."
  value       = ephemeral.ibm_sm_iam_credentials_lease.this.expiration_date
  ephemeral   = true
}

output "name" {
  description = "The name of the secret behind the lease, to find it in the service's activity log."
  value       = ephemeral.ibm_sm_iam_credentials_lease.this.name
  ephemeral   = true
}
