//! The objects of IAM: accounts, service IDs, API keys, access groups and their members, policies.

use crate::model::sensitive::Sensitive;
use crate::model::table::{Row, Table};
use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The setting for the lifetime of access tokens in seconds.
pub const TOKEN_LIFETIME: &str = "system_access_token_expiration_in_seconds";

/// The state of IAM.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Iam {
    /// Accounts by id.
    pub accounts: Table<Account>,
    /// Service IDs by id.
    pub service_ids: Table<ServiceId>,
    /// Groups of service IDs by id.
    pub service_id_groups: Table<ServiceIdGroup>,
    /// API keys by id.
    pub api_keys: Table<ApiKey>,
    /// Access groups by id.
    pub access_groups: Table<AccessGroup>,
    /// Memberships by access group and member.
    pub memberships: Table<Membership>,
    /// Access policies and authorizations by id.
    pub policies: Table<Policy>,
    /// Users by IAM id.
    pub users: Table<User>,
    /// Trusted profiles by id.
    pub profiles: Table<Profile>,
    /// Issued refresh tokens by value.
    pub refresh_tokens: Table<RefreshToken>,
}

/// An account, which owns all other objects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// 32 hexadecimal digits.
    pub id: String,
    /// A display name.
    pub name: String,
    /// Whether only holders of the creator role may create service IDs (ibm-api.md 3.3).
    #[serde(default)]
    pub restrict_create_service_id: bool,
    /// The other settings that were set, by IBM's names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: BTreeMap<String, Value>,
    /// The number of changes of the settings so far; part of the entity tag.
    #[serde(default, skip_serializing_if = "is_default")]
    pub revision: u32,
    /// How much of what can exist.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: Limits,
}

/// See [`Account::limits`] (ibm-api.md 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Groups of service IDs in the account, besides the default one.
    pub serviceid_groups: usize,
    /// Service IDs in one group.
    pub serviceids_per_group: usize,
    /// API keys of one identity.
    pub apikeys_per_identity: usize,
}

impl Default for Limits {
    /// 3,000 service IDs are the example of IBM's page on limits; the others are not documented.
    fn default() -> Self {
        Self { serviceid_groups: 100, serviceids_per_group: 3_000, apikeys_per_identity: 20_000 }
    }
}

/// A group of service IDs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceIdGroup {
    /// A UUID.
    pub id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// Unique in the account.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The number of writes so far; part of the entity tag.
    #[serde(default)]
    pub revision: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was last modified.
    pub modified_at: Timestamp,
}

/// A service ID (ibm-api.md 3.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceId {
    /// `ServiceId-<uuid>`.
    pub id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// The group that it is in; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Not unique.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Instances that the service ID is bound to.
    #[serde(default)]
    pub unique_instance_crns: Vec<String>,
    /// A locked entity cannot be changed or deleted.
    #[serde(default)]
    pub locked: bool,
    /// The number of writes so far; part of the entity tag.
    #[serde(default)]
    pub revision: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last modified.
    pub modified_at: Timestamp,
}

impl Account {
    /// How long a token lives, if the account says so.
    pub fn token_lifetime(&self) -> Option<i64> {
        self.settings.get(TOKEN_LIFETIME)?.as_str()?.parse().ok()
    }
}

impl ServiceId {
    /// The IAM id that tokens, members and policies refer to.
    pub fn iam_id(&self) -> String {
        format!("iam-{}", self.id)
    }
}

/// An API key (ibm-api.md 3.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// `ApiKey-<uuid>`.
    pub id: String,
    /// The account of the identity.
    pub account_id: String,
    /// The identity that the key belongs to.
    pub iam_id: String,
    /// Not unique.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The key itself. After creation it is returned only when `store_value` is set.
    pub apikey: Sensitive,
    /// Whether the value can be read again.
    #[serde(default)]
    pub store_value: bool,
    /// A locked entity cannot be changed or deleted.
    #[serde(default)]
    pub locked: bool,
    /// A disabled key is not accepted by the token service.
    #[serde(default)]
    pub disabled: bool,
    /// What IBM does when the key is found in public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_when_leaked: Option<String>,
    /// When the token service stops accepting the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The number of writes so far; part of the entity tag.
    #[serde(default)]
    pub revision: u32,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last modified.
    pub modified_at: Timestamp,
}

impl ApiKey {
    /// When the key is purged for good, locked or not: once both its end and its last change are
    /// more than 90 days in the past (ibm-api.md 3.2).
    pub fn purge_at(&self) -> Option<Timestamp> {
        let since = self.expires_at?.max(self.modified_at);
        Some(since.plus_days(90).plus_seconds(1))
    }
}

/// An access group (ibm-api.md 3.4).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessGroup {
    /// `AccessGroupId-<uuid>`.
    pub id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// Unique in the account, ignoring case.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The number of writes so far; part of the `ETag`.
    #[serde(default)]
    pub revision: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// `iam_id` of the caller that created it.
    pub created_by_id: String,
    /// When it was last modified.
    pub last_modified_at: Timestamp,
    /// `iam_id` of the caller that last modified it.
    pub last_modified_by_id: String,
}

/// One identity in one access group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The group.
    pub access_group_id: String,
    /// The member.
    pub iam_id: String,
    /// `service`, `user` or `profile`.
    #[serde(rename = "type")]
    pub member_type: String,
    /// When the member was added.
    pub created_at: Timestamp,
    /// `iam_id` of the caller that added it.
    pub created_by_id: String,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// `IBMid-…`.
    pub iam_id: String,
    /// The account the user is in.
    pub account_id: String,
    /// Full name.
    pub name: String,
    /// Email address.
    pub email: String,
}

/// A trusted profile: an identity that others may assume (ibm-api.md 1.5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `Profile-<uuid>`.
    pub id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// Unique in the account.
    pub name: String,
    /// IAM ids that may assume it.
    #[serde(default)]
    pub trusted_identities: Vec<String>,
    /// Compute-resource tokens that it accepts.
    #[serde(default)]
    pub cr_tokens: Vec<Sensitive>,
}

impl Profile {
    /// The IAM id that tokens and policies refer to.
    pub fn iam_id(&self) -> String {
        format!("iam-{}", self.id)
    }

    /// The CRN by which clients may assume the profile.
    pub fn crn(&self) -> String {
        format!("crn:v1:bluemix:public:iam-identity::a/{}::profile:{}", self.account_id, self.id)
    }
}

/// A refresh token that was issued to a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// The token.
    pub value: Sensitive,
    /// The client (HTTP Basic user) that it was issued to.
    pub client_id: String,
    /// The identity that the token belongs to.
    pub iam_id: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Grants roles to an identity, to a group, or to a service (an "authorization").
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// A UUID.
    pub id: String,
    /// Who gets the roles.
    pub subject: Subject,
    /// Role CRNs.
    pub roles: Vec<String>,
    /// The resource that the roles apply to.
    pub resource: Resource,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The version of the API that created it; a link to it has the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub api: PolicyApi,
    /// The conditions of a rule; stored, but not evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Value>,
    /// The pattern that the rule follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The number of replacements so far; part of the `ETag`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub revision: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// `iam_id` of the caller that created it.
    pub created_by_id: String,
    /// When it was replaced, and the `iam_id` of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<(Timestamp, String)>,
}

/// See [`Policy::api`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyApi {
    /// `/v1/policies`.
    #[default]
    V1,
    /// `/v2/policies`.
    V2,
}

/// A further condition on the subject or resource of a [`Policy`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Such as `region`.
    pub key: String,
    /// Such as `stringEquals`.
    pub operator: String,
    /// Usually a string.
    pub value: Value,
}

/// Who gets the roles of a [`Policy`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Subject {
    /// One identity.
    IamId(String),
    /// Every member of an access group.
    AccessGroupId(String),
    /// A service of an account, or one instance of it: service-to-service authorization.
    Service {
        /// The account of the calling service.
        account_id: String,
        /// `secrets-manager`.
        service_name: String,
        /// One instance, or all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service_instance: Option<String>,
        /// Further conditions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        more: Vec<Attribute>,
    },
}

/// The resource that the roles of a [`Policy`] apply to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The account that gives access.
    pub account_id: String,
    /// All services of the account when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// All instances of the service when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_instance: Option<String>,
    /// One secret group of the instance, or all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_group_id: Option<String>,
    /// Further conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Attribute>,
    /// Access tags that the resource must have; nothing in the emulator has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Attribute>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The key of a membership: the keys of a group's members start with `<group>/`.
pub fn membership_key(access_group_id: &str, iam_id: &str) -> String {
    format!("{access_group_id}/{iam_id}")
}

impl Row for Account {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for ServiceIdGroup {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for ServiceId {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for ApiKey {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for AccessGroup {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for Membership {
    fn key(&self) -> String {
        membership_key(&self.access_group_id, &self.iam_id)
    }
}

impl Row for Policy {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for User {
    fn key(&self) -> String {
        self.iam_id.clone()
    }
}

impl Row for Profile {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for RefreshToken {
    fn key(&self) -> String {
        self.value.expose().to_owned()
    }
}
