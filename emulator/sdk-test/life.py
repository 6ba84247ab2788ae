"""The whole life cycle of IAM credentials in all four modes, with IBM's own SDKs."""

from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_platform_services import IamAccessGroupsV2, IamIdentityV1, IamPolicyManagementV1
from ibm_platform_services import iam_access_groups_v2 as groups_models
from ibm_platform_services import iam_identity_v1 as identity_models
from ibm_platform_services import iam_policy_management_v1 as policy_models
from ibm_secrets_manager_sdk import secrets_manager_v2 as models

from same import same

ACCOUNT = "0123456789abcdef0123456789abcdef"
PREFIX = "Secrets-Manager-IAM-Secret-"


class Life:
    """One life cycle against one emulator. Without URLs, the SDKs use their default host names."""

    def __init__(self, exports, iam_url=None, secrets_manager_url=None):
        self.exports = exports
        self.iam_url = iam_url
        authenticator = self.authenticator(exports["IBMCLOUD_API_KEY"])
        self.secrets_manager = models.SecretsManagerV2(authenticator=authenticator)
        instance, region = exports["SECRETS_MANAGER_INSTANCE_ID"], exports["IC_REGION"]
        self.secrets_manager.set_service_url(
            secrets_manager_url or f"https://{instance}.{region}.secrets-manager.appdomain.cloud"
        )
        self.identity = IamIdentityV1(authenticator=authenticator)
        self.groups = IamAccessGroupsV2(authenticator=authenticator)
        self.policies = IamPolicyManagementV1(authenticator=authenticator)
        if iam_url:
            for service in (self.identity, self.groups, self.policies):
                service.set_service_url(iam_url)

    def authenticator(self, key):
        return IAMAuthenticator(key, url=self.iam_url)

    def accepts(self, key):
        """Whether the token service accepts the key."""
        try:
            return bool(self.authenticator(key).token_manager.get_token())
        except ApiException as error:
            assert error.status_code == 400 and "API key could not be found" in str(error), error
            return False

    def refused(self, status, call, *arguments, **named):
        """Checks that the call is refused with that status, in a format that the SDK understands."""
        try:
            call(*arguments, **named)
        except ApiException as error:
            assert error.status_code == status, error
            assert error.message and error.message != "Unknown error", error
            return error.message
        raise AssertionError(f"{call.__name__} was not refused")

    def run(self):
        group = self.secret_group()
        self.configuration()
        for reuse in (True, False):
            for generated in (True, False):
                self.credentials(group, generated, reuse)
        self.arbitrary(group)
        self.service_to_service()
        self.delete_all(group)
        self.service_ids_and_keys()
        self.access_groups()
        self.nothing_is_left()

    def secret_group(self):
        client = self.secrets_manager
        made = client.create_secret_group("team-a", description="d").get_result()
        group = same(models.SecretGroup, made)
        patch = models.SecretGroupPatch(description="e")
        same(models.SecretGroup, client.update_secret_group(group.id, patch).get_result())
        assert same(models.SecretGroup, client.get_secret_group(group.id).get_result()).description == "e"
        listed = same(models.SecretGroupCollection, client.list_secret_groups().get_result())
        assert listed.total_count == 3
        return group.id

    def configuration(self):
        client = self.secrets_manager
        name, kind = "engine", "iam_credentials_configuration"
        prototype = models.IAMCredentialsConfigurationPrototype(
            name=name, config_type=kind, api_key=self.exports["TF_VAR_engine_api_key"]
        )
        model = models.IAMCredentialsConfiguration
        same(model, client.create_configuration(prototype).get_result())
        self.refused(400, client.create_configuration, prototype)
        patch = models.IAMCredentialsConfigurationPatch(disabled=False)
        changed = client.update_configuration(name, patch, x_sm_accept_configuration_type=kind)
        same(model, changed.get_result())
        read = client.get_configuration(name, x_sm_accept_configuration_type=kind)
        assert same(model, read.get_result()).api_key == self.exports["TF_VAR_engine_api_key"]
        listed = client.list_configurations(sort="name", search="engine", secret_types=["iam_credentials"])
        same(models.ConfigurationMetadataPaginatedCollection, listed.get_result())
        pager = models.ConfigurationsPager(client=client, limit=1)
        assert len(pager.get_all()) == 1

    def credentials(self, group, generated, reuse):
        """Create, read, rotate and restore or read again, lock, delete."""
        client = self.secrets_manager
        name = f"{'generated' if generated else 'static'}-{'reuse' if reuse else 'dynamic'}"
        source = {"access_groups": [self.exports["TF_VAR_access_group_id"]]}
        if not generated:
            source = {"service_id": self.exports["TF_VAR_service_id"]}
        if reuse:
            policy = models.CommonRotationPolicy(auto_rotate=True, interval=1, unit="month")
            source["rotation"] = policy
        prototype = models.IAMCredentialsSecretPrototype(
            secret_type="iam_credentials", name=name, ttl="90d", reuse_api_key=reuse,
            description="d", secret_group_id=group, labels=["dev", "us-south"],
            custom_metadata={"a": {"b": [1]}}, version_custom_metadata={"v": "w"}, **source,
        )
        secret, metadata = models.IAMCredentialsSecret, models.IAMCredentialsSecretMetadata
        made = same(secret, client.create_secret(prototype).get_result())
        assert made.ttl == "7776000" and made.service_id_is_static != generated
        self.refused(409, client.create_secret, prototype)
        first = same(secret, client.get_secret(made.id).get_result())
        assert self.accepts(first.api_key)
        second = client.get_secret_by_name_type("iam_credentials", name, "team-a").get_result()
        second = same(secret, second)
        assert (second.api_key == first.api_key) == reuse
        assert self.accepts(first.api_key) == reuse
        self.in_iam(second, generated)
        if reuse:
            self.rotate_and_restore(made.id, second)
        else:
            prototype = models.IAMCredentialsSecretVersionPrototype()
            message = self.refused(400, client.create_secret_version, made.id, prototype)
            assert "Rotating IAM credentials is not supported" in message
        patch = models.IAMCredentialsSecretMetadataPatch(name=f"{name}-2", ttl="2592000", labels=["prod"])
        changed = same(metadata, client.update_secret_metadata(made.id, patch).get_result())
        assert changed.name == f"{name}-2" and changed.ttl == "2592000"
        same(metadata, client.get_secret_metadata(made.id).get_result())
        self.versions(made.id)
        self.locks(made.id, reuse)
        listed = client.list_secrets(
            sort="-created_at", search=name, groups=[group], secret_types=["iam_credentials"],
            match_all_labels=["prod"],
        )
        assert same(models.SecretMetadataPaginatedCollection, listed.get_result()).total_count == 1
        pager = models.SecretsPager(client=client, limit=1)
        assert made.id in [found["id"] for found in pager.get_all()]

    def in_iam(self, secret, generated):
        """Checks the engine's objects: locked, named after the secret, a member of the group."""
        key = self.identity.get_api_key(secret.api_key_id, include_history=False).get_result()
        key = same(identity_models.ApiKey, key)
        assert key.locked and key.name.startswith(PREFIX) and key.iam_id == f"iam-{secret.service_id}"
        service_id = self.identity.get_service_id(secret.service_id).get_result()
        assert same(identity_models.ServiceId, service_id).locked == generated
        if generated:
            group = secret.access_groups[0]
            member = self.groups.is_member_of_access_group(group, key.iam_id)
            assert member.get_status_code() == 204

    def rotate_and_restore(self, id, before):
        client, model = self.secrets_manager, models.IAMCredentialsSecretVersion
        prototype = models.IAMCredentialsSecretVersionPrototype(version_custom_metadata={"n": 2})
        rotated = same(model, client.create_secret_version(id, prototype).get_result())
        assert rotated.alias == "current" and rotated.api_key != before.api_key
        assert self.accepts(rotated.api_key) and self.accepts(before.api_key)
        restore = models.IAMCredentialsSecretRestoreFromVersionPrototype(restore_from_version="previous")
        restored = same(model, client.create_secret_version(id, restore).get_result())
        assert restored.api_key == before.api_key
        previous = same(model, client.get_secret_version(id, "previous").get_result())
        assert previous.api_key == rotated.api_key

    def versions(self, id):
        client, model = self.secrets_manager, models.IAMCredentialsSecretVersionMetadata
        listed = client.list_secret_versions(id).get_result()
        listed = same(models.SecretVersionMetadataCollection, listed)
        assert listed.total_count == len(listed.versions) >= 2
        read = client.get_secret_version_metadata(id, "current").get_result()
        assert same(model, read).payload_available
        patch = models.SecretVersionMetadataPatch(version_custom_metadata={"x": "y"})
        changed = client.update_secret_version_metadata(id, "current", patch).get_result()
        assert same(model, changed).version_custom_metadata == {"x": "y"}

    def locks(self, id, reuse):
        client = self.secrets_manager
        lock = models.SecretLockPrototype(name="app-1", description="d", attributes={"cluster": "c"})
        made = client.create_secret_locks_bulk(id, [lock], mode="remove_previous").get_result()
        assert same(models.SecretLocks, made).versions[0].locks == ["app-1"]
        same(models.SecretLocksPaginatedCollection, client.list_secret_locks(id, search="app").get_result())
        same(models.SecretsLocksPaginatedCollection, client.list_secrets_locks().get_result())
        if not reuse:
            assert "locked" in self.refused(412, client.get_secret, id)
        self.refused(412, client.delete_secret, id)
        same(models.SecretLocks, client.delete_secret_locks_bulk(id, name=["app-1"]).get_result())
        made = client.create_secret_version_locks_bulk(id, "current", [lock]).get_result()
        same(models.SecretLocks, made)
        listed = client.list_secret_version_locks(id, "current").get_result()
        same(models.SecretVersionLocksPaginatedCollection, listed)
        left = client.delete_secret_version_locks_bulk(id, "current").get_result()
        assert same(models.SecretLocks, left).versions[0].locks == []

    def arbitrary(self, group):
        prototype = models.ArbitrarySecretPrototype(
            secret_type="arbitrary", name="text", payload="p", secret_group_id=group
        )
        made = same(models.ArbitrarySecret, self.secrets_manager.create_secret(prototype).get_result())
        read = self.secrets_manager.get_secret(made.id).get_result()
        assert same(models.ArbitrarySecret, read).payload == "p"
        version = models.ArbitrarySecretVersionPrototype(payload="q")
        version = self.secrets_manager.create_secret_version(made.id, version).get_result()
        assert same(models.ArbitrarySecretVersion, version).payload == "q"
        metadata = models.ArbitrarySecretMetadata
        patch = models.ArbitrarySecretMetadataPatch(expiration_date="2033-04-12T23:20:50.520Z")
        changed = self.secrets_manager.update_secret_metadata(made.id, patch).get_result()
        assert same(metadata, changed).expiration_date.year == 2033
        never = {"expiration_date": None}
        changed = self.secrets_manager.update_secret_metadata(made.id, never).get_result()
        assert same(metadata, changed).expiration_date is None

    def service_to_service(self):
        """With the configured key disabled, the engine works by policies."""
        attribute = policy_models.SubjectAttribute
        subject = policy_models.PolicySubject(attributes=[
            attribute(name="accountId", value=ACCOUNT), attribute(name="serviceName", value="secrets-manager"),
        ])
        role = policy_models.PolicyRole(role_id="crn:v1:bluemix:public:iam::::role:Operator")
        attribute = policy_models.ResourceAttribute
        resource = policy_models.PolicyResource(attributes=[
            attribute(name="accountId", value=ACCOUNT), attribute(name="serviceName", value="iam-identity"),
        ])
        made = self.policies.create_policy("authorization", [subject], [role], [resource]).get_result()
        policy = same(policy_models.Policy, made)
        patch = models.IAMCredentialsConfigurationPatch(disabled=True)
        self.secrets_manager.update_configuration("engine", patch)
        prototype = models.IAMCredentialsSecretPrototype(
            secret_type="iam_credentials", name="by-policy", ttl="60", reuse_api_key=True,
            service_id=self.exports["TF_VAR_service_id"],
        )
        made = self.secrets_manager.create_secret(prototype).get_result()
        secret = same(models.IAMCredentialsSecret, self.secrets_manager.get_secret(made["id"]).get_result())
        assert self.accepts(secret.api_key)
        self.secrets_manager.delete_secret_version_data(made["id"], "current")
        assert not self.accepts(secret.api_key)
        self.policies.delete_policy(policy.id)
        # Without its key or policies, the engine would leave the other keys behind.
        patch = models.IAMCredentialsConfigurationPatch(disabled=False)
        self.secrets_manager.update_configuration("engine", patch)

    def delete_all(self, group):
        client = self.secrets_manager
        self.refused(409, client.delete_secret_group, group)
        self.refused(409, client.delete_configuration, "engine")
        for secret in client.list_secrets(limit=1000).get_result()["secrets"]:
            client.delete_secret(secret["id"])
            self.refused(404, client.get_secret, secret["id"])
        client.delete_configuration("engine")
        client.delete_secret_group(group)

    def service_ids_and_keys(self):
        identity = self.identity
        made = identity.create_service_id(
            ACCOUNT, "sdk", description="d",
            apikey=identity_models.ApiKeyInsideCreateServiceIdRequest(name="inner", store_value=True),
        ).get_result()
        service_id = same(identity_models.ServiceId, made)
        assert self.accepts(service_id.apikey.apikey)
        changed = identity.update_service_id(service_id.id, service_id.entity_tag, name="sdk-2").get_result()
        same(identity_models.ServiceId, changed)
        self.refused(409, identity.update_service_id, service_id.id, service_id.entity_tag, name="sdk-3")
        identity.lock_service_id(service_id.id)
        self.refused(409, identity.delete_service_id, service_id.id)
        identity.unlock_service_id(service_id.id)
        listed = identity.list_service_ids(account_id=ACCOUNT, name="sdk-2", pagesize=100).get_result()
        assert len(same(identity_models.ServiceIdList, listed).serviceids) == 1
        key = identity.create_api_key(
            "outer", service_id.iam_id, account_id=ACCOUNT, expires_at="2099-01-31T18:30:00+0000"
        ).get_result()
        key = same(identity_models.ApiKey, key)
        details = identity.get_api_keys_details(iam_api_key=key.apikey).get_result()
        assert same(identity_models.ApiKey, details).id == key.id
        changed = identity.update_api_key(key.id, key.entity_tag, description="e").get_result()
        same(identity_models.ApiKey, changed)
        identity.disable_api_key(key.id)
        assert not self.accepts(key.apikey)
        identity.enable_api_key(key.id)
        identity.lock_api_key(key.id)
        self.refused(409, identity.delete_api_key, key.id)
        identity.unlock_api_key(key.id)
        listed = identity.list_api_keys(account_id=ACCOUNT, iam_id=service_id.iam_id).get_result()
        assert len(same(identity_models.ApiKeyList, listed).apikeys) == 2
        identity.delete_api_key(key.id)
        identity.delete_service_id(service_id.id)
        self.refused(404, identity.get_service_id, service_id.id)

    def access_groups(self):
        groups = self.groups
        iam_id = f"iam-{self.exports['TF_VAR_service_id']}"
        answer = groups.create_access_group(ACCOUNT, "sdk", description="d")
        group = same(groups_models.Group, answer.get_result())
        read = groups.get_access_group(group.id, show_federated=True)
        same(groups_models.Group, read.get_result())
        tag = read.get_headers()["etag"]
        changed = groups.update_access_group(group.id, tag, name="sdk-2").get_result()
        same(groups_models.Group, changed)
        self.refused(409, groups.update_access_group, group.id, tag, name="sdk-3")
        member = groups_models.AddGroupMembersRequestMembersItem(iam_id=iam_id, type="service")
        added = groups.add_members_to_access_group(group.id, members=[member]).get_result()
        added = same(groups_models.AddGroupMembersResponse, added)
        assert added.members[0].status_code == 200
        listed = groups.list_access_group_members(group.id, verbose=True).get_result()
        same(groups_models.GroupMembersList, listed)
        listed = groups.list_access_groups(ACCOUNT, iam_id=iam_id).get_result()
        same(groups_models.GroupsList, listed)
        removed = groups.remove_members_from_access_group(group.id, members=[iam_id]).get_result()
        same(groups_models.DeleteGroupBulkMembersResponse, removed)
        added = groups.add_member_to_multiple_access_groups(ACCOUNT, iam_id, type="service", groups=[group.id])
        same(groups_models.AddMembershipMultipleGroupsResponse, added.get_result())
        removed = groups.remove_member_from_all_access_groups(ACCOUNT, iam_id).get_result()
        same(groups_models.DeleteFromAllGroupsResponse, removed)
        self.refused(404, groups.remove_member_from_access_group, group.id, iam_id)
        groups.delete_access_group(group.id)

    def nothing_is_left(self):
        """Checks that nothing is left in IAM."""
        ids = self.identity.list_service_ids(account_id=ACCOUNT, pagesize=100).get_result()
        keys = self.identity.list_api_keys(account_id=ACCOUNT, scope="account", pagesize=100).get_result()
        names = [found["name"] for found in ids["serviceids"] + keys["apikeys"]]
        assert not [name for name in names if name.startswith((PREFIX, "sdk"))], names
        group = self.exports["TF_VAR_access_group_id"]
        members = self.groups.list_access_group_members(group).get_result()
        assert members["total_count"] == 0, members
