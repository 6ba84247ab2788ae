# The examples themselves are in examples/; that of the provider names the source.
variable "instance_id" {}
variable "service_id" {}
variable "access_group_id" {}
variable "database_password" {
  default   = "database-password-one-0123456789"
  ephemeral = true
}
variable "licence" {
  default   = "licence-number-one-0123456789"
  sensitive = true
}
variable "secret_id" {
  default = null
}
variable "arbitrary_secret_id" {
  default = null
}
variable "secret_group_id" {
  default = null
}
