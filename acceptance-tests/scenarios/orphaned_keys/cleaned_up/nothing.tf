provider "ibm" {
  cleanup_iam_on_destroy = true
}
