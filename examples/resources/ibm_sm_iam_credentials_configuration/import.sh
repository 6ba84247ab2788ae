# The id is <region>/<instance_id>/<name>.
terraform import ibm_sm_iam_credentials_configuration.engine us-south/11111111-2222-4333-8444-555555555555/iam-engine
