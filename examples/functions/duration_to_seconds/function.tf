# 7776000, as the API has it.
output "ttl" {
  value = provider::ibm::duration_to_seconds("90d")
}
