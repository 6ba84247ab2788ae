resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id   = var.instance_id
  name          = "app"
  account_id    = "fedcba9876543210fedcba9876543210"
  service_id    = "ServiceId-eeeeeeee-ffff-4000-8111-222222222222"
  ttl           = "7200"
  early_renewal = "30m"
}
