output "configuration" {
  value = provider::ibm::parse_id("us-south/11111111-2222-4333-8444-555555555555/iam-engine").object
}
