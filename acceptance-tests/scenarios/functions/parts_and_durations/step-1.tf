locals {
  instance_crn = provider::ibm::parse_crn("crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef0123456789abcdef:${var.instance_id}::")
}

output "crn" {
  value = provider::ibm::parse_crn("crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef0123456789abcdef:${var.instance_id}:secret:fedcba98-7654-4321-8fed-cba987654321")
}

output "instance_crn" {
  value = [local.instance_crn.resource_type, local.instance_crn.resource]
}

output "id" {
  value = provider::ibm::parse_id("us-south/${var.instance_id}/engine")
}

output "seconds" {
  value = [for text in ["1800", "30m", "24h", "90d", "365d"] : provider::ibm::duration_to_seconds(text)]
}

output "durations" {
  value = [for seconds in [1, 5400, 86400, 7776000] : provider::ibm::seconds_to_duration(seconds)]
}
