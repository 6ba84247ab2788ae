# The accounts, ids and keys are those of every new emulator. It has the authorizations.

variables {
  instance_id = "11111111-2222-4333-8444-555555555555"
  application = {
    account_id      = "fedcba9876543210fedcba9876543210"
    instance_id     = "99999999-aaaa-4bbb-8ccc-dddddddddddd"
    service_id      = "ServiceId-eeeeeeee-ffff-4000-8111-222222222222"
    access_group_id = "AccessGroupId-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
  }
  application_api_key = "another-key-0123456789abcdefghijklmnopqrstuv"
}

run "create" {
  assert {
    condition     = ibm_sm_iam_credentials_secret.deployer.service_id_is_static && startswith(ibm_sm_arbitrary_secret.deployer.id, "eu-de/99999999-")
    error_message = "The key is not that of the service ID, or not in the application's instance."
  }
  assert {
    condition     = ibm_sm_iam_credentials_secret.auditor.account_id == var.application.account_id
    error_message = "The group's key is not in the application's account."
  }
}

run "nothing_is_left_to_do" {
  command = plan
  assert {
    condition     = ibm_sm_arbitrary_secret.deployer.payload_wo_version == tostring(ibm_sm_iam_credentials_secret.deployer.key_version)
    error_message = "A second plan hands the key on again."
  }
}
