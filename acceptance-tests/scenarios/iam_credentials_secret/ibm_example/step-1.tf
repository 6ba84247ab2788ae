locals {
  instance_id = var.instance_id
  region      = "us-south"
}

resource "ibm_sm_secret_group" "sm_secret_group_test" {
  instance_id = local.instance_id
  region      = local.region
  name        = "test-group"
}

resource "ibm_sm_iam_credentials_configuration" "iam_credentials_configuration" {
  instance_id = local.instance_id
  region      = local.region
  name        = "iam-engine"
  api_key     = var.engine_api_key
}

    resource "ibm_sm_iam_credentials_secret" "test_iam_credentials_secret" {
        instance_id = local.instance_id
        region = local.region
        service_id = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"
        ttl = "1800"
        name = "test-iam-credentials-secret"
        reuse_api_key = true
        secret_group_id = ibm_sm_secret_group.sm_secret_group_test.secret_group_id
        depends_on = [
            ibm_sm_iam_credentials_configuration.iam_credentials_configuration
        ]
    }
