//! The JSON of secrets (ibm-api.md 2.4), the value apart from everything else.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{JsonObject, Timestamp};

/// The kind of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretType {
    /// What this client manages.
    IamCredentials,
    /// Any other kind, by IBM's name.
    #[serde(untagged)]
    Other(String),
}

impl SecretType {
    /// IBM's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::IamCredentials => "iam_credentials",
            Self::Other(name) => name,
        }
    }
}

/// Where a secret is in its life (ibm-api.md 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "i64")]
pub enum SecretState {
    /// 0
    PreActivation,
    /// 1
    Active,
    /// 2
    Suspended,
    /// 3
    Deactivated,
    /// 5: the lease ended and the data is gone.
    Destroyed,
    /// A number that IBM's documents do not name.
    Other(i64),
}

impl From<i64> for SecretState {
    fn from(code: i64) -> Self {
        match code {
            0 => Self::PreActivation,
            1 => Self::Active,
            2 => Self::Suspended,
            3 => Self::Deactivated,
            5 => Self::Destroyed,
            other => Self::Other(other),
        }
    }
}

impl SecretState {
    /// IBM's number.
    pub fn code(self) -> i64 {
        match self {
            Self::PreActivation => 0,
            Self::Active => 1,
            Self::Suspended => 2,
            Self::Deactivated => 3,
            Self::Destroyed => 5,
            Self::Other(code) => code,
        }
    }
}

/// The unit of a rotation interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationUnit {
    /// Days.
    Day,
    /// Calendar months.
    Month,
    /// Anything else, by IBM's name.
    #[serde(untagged)]
    Other(String),
}

impl RotationUnit {
    /// IBM's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Other(name) => name,
        }
    }
}

/// When the service rotates a secret by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationPolicy {
    /// Whether it does at all.
    #[serde(default)]
    pub auto_rotate: bool,
    /// How many units lie between two rotations, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
    /// The unit of `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<RotationUnit>,
}

/// A secret together with its value (ibm-api.md 2.4).
#[derive(Clone, Debug, Deserialize)]
pub struct Secret {
    /// Everything but the value.
    #[serde(flatten)]
    pub metadata: SecretMetadata,
    /// The value. Absent until credentials exist, and after they are gone.
    pub api_key: Option<SecretString>,
}

/// Everything about a secret but its value. What only IAM credentials have is optional, so that
/// a secret of another kind can be told from them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SecretMetadata {
    /// UUID.
    pub id: String,
    /// The kind of secret.
    pub secret_type: SecretType,
    /// Unique per kind in the instance.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// UUID, or `default`.
    pub secret_group_id: String,
    /// In the order they were given.
    pub labels: Option<Vec<String>>,
    /// The cloud resource name.
    pub crn: String,
    /// The IAM id of the creator.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything about it last changed; reading the value counts.
    pub updated_at: Timestamp,
    /// When the value was last read; 1970 when never.
    pub retrieved_at: Option<Timestamp>,
    /// Whether the current version's value was ever read.
    pub downloaded: Option<bool>,
    /// The user's own data.
    pub custom_metadata: Option<JsonObject>,
    /// Locks over all versions.
    pub locks_total: Option<i64>,
    /// Versions that are remembered.
    pub versions_total: Option<i64>,
    /// Where it is in its life.
    pub state: Option<SecretState>,
    /// `state` in IBM's words.
    pub state_description: Option<String>,
    /// The lease: seconds, or a number with `s`, `m`, `h` or `d`.
    pub ttl: Option<String>,
    /// Whether a read gives the same key until the lease ends.
    pub reuse_api_key: Option<bool>,
    /// The groups of a service ID that the engine makes.
    pub access_groups: Option<Vec<String>>,
    /// The service ID that the key belongs to.
    pub service_id: Option<String>,
    /// Whether the service ID is the user's own.
    pub service_id_is_static: Option<bool>,
    /// The service ID's account, where it is not the instance's.
    pub account_id: Option<String>,
    /// The key's id in IAM.
    pub api_key_id: Option<String>,
    /// When the current credentials end.
    pub expiration_date: Option<Timestamp>,
    /// The rotation schedule.
    pub rotation: Option<RotationPolicy>,
    /// When the schedule fires next.
    pub next_rotation_date: Option<Timestamp>,
}

/// A new IAM credentials secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "secret_type", rename = "iam_credentials")]
pub struct SecretPrototype {
    /// Unique in the instance.
    pub name: String,
    /// As in [`SecretMetadata::ttl`].
    pub ttl: String,
    /// Always sent: the documents disagree about its default.
    pub reuse_api_key: bool,
    /// Whose key it is going to be.
    #[serde(flatten)]
    pub owner: KeyOwner,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Without one, the default group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_group_id: Option<String>,
    /// In the order given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The account of the service ID, where it is not the instance's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The rotation schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPolicy>,
    /// The user's own data about the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_metadata: Option<JsonObject>,
    /// The user's own data about its first version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_custom_metadata: Option<JsonObject>,
}

/// Exactly one of the two decides whose key a secret holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    /// The engine makes a service ID in these groups.
    AccessGroups(Vec<String>),
    /// A service ID of the user's.
    ServiceId(String),
}

/// What is to change about a secret: `None` leaves, an empty value clears. An explicit JSON
/// `null` is never sent, for its meaning is not established (ibm-api.md 6.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SecretMetadataPatch {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The whole object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_metadata: Option<JsonObject>,
    /// The lease of credentials made from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// The whole schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPolicy>,
}
