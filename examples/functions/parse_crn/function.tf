# The GUID of the instance, for instance_id.
output "instance_id" {
  value = provider::ibm::parse_crn("crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef0123456789abcdef:11111111-2222-4333-8444-555555555555::").instance_id
}
