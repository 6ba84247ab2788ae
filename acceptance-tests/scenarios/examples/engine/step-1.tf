# The examples themselves are in examples/.
variable "configuration_name" {
  default = "iam-engine"
}
