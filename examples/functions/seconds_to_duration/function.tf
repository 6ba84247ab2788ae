# "90d"
output "as_written" {
  value = provider::ibm::seconds_to_duration(7776000)
}
