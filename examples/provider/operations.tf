# Signed in as the IBM Cloud CLI is, with its tokens.
provider "ibm" {
  iam_token         = var.iam_token
  iam_refresh_token = var.iam_refresh_token

  # One read for each object, instead of a list for many.
  bulk_read = false
  # After a run that was killed before it could write the state.
  adopt_existing = true
  # When an instance was deleted outside Terraform: remove from IAM what it left.
  cleanup_iam_on_destroy = true
}
