"""Starts each SDK from its environment alone, and makes one call: run with PATH and the output of `env python`."""

from ibm_platform_services import (
    IamAccessGroupsV2,
    IamIdentityV1,
    IamPolicyManagementV1,
    UserManagementV1,
)
from ibm_secrets_manager_sdk.secrets_manager_v2 import SecretsManagerV2

ACCOUNT = "0123456789abcdef0123456789abcdef"

calls = [
    SecretsManagerV2.new_instance().list_secret_groups(),
    IamIdentityV1.new_instance().list_service_ids(account_id=ACCOUNT),
    IamAccessGroupsV2.new_instance().list_access_groups(ACCOUNT),
    IamPolicyManagementV1.new_instance().list_policies(ACCOUNT),
    UserManagementV1.new_instance().list_users(ACCOUNT),
]
assert all(call.get_status_code() == 200 for call in calls)
print(len(calls))
