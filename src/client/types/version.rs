//! The JSON of a secret's versions (ibm-api.md 2.5).

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{JsonObject, Timestamp};

/// Everything about a version but its value (ibm-api.md 2.5).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct VersionMetadata {
    /// UUID.
    pub id: String,
    /// The secret's UUID.
    pub secret_id: String,
    /// Absent for versions older than the previous one.
    pub alias: Option<VersionAlias>,
    /// Whether the schedule made it.
    pub auto_rotated: Option<bool>,
    /// The IAM id of the creator.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether its value was ever read.
    pub downloaded: Option<bool>,
    /// Whether its value is still there.
    pub payload_available: Option<bool>,
    /// The user's own data about this version.
    pub version_custom_metadata: Option<JsonObject>,
    /// When its key ends.
    pub expiration_date: Option<Timestamp>,
    /// Its key's id in IAM.
    pub api_key_id: Option<String>,
    /// Its key's service ID.
    pub service_id: Option<String>,
}

/// A version together with its value.
#[derive(Clone, Debug, Deserialize)]
pub struct Version {
    /// Everything but the value.
    #[serde(flatten)]
    pub metadata: VersionMetadata,
    /// The value, while it is stored.
    pub api_key: Option<SecretString>,
}

/// A new version with a new key: a rotation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VersionPrototype {
    /// The user's own data about the new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_custom_metadata: Option<JsonObject>,
}

/// A lock on a version of a secret (ibm-api.md 2.6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretLock {
    /// Unique on the version.
    pub name: String,
    /// The IAM id of who locked it.
    pub created_by: Option<String>,
}

/// A version's place among the versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionAlias {
    /// The newest.
    Current,
    /// The one before.
    Previous,
    /// Anything else, by IBM's name.
    #[serde(untagged)]
    Other(String),
}

/// The one thing about a version that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VersionMetadataPatch {
    /// The whole object; an empty one clears it.
    pub version_custom_metadata: JsonObject,
}
