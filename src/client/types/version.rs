//! The JSON of a secret's versions (ibm-api.md 2.5).

use serde::{Deserialize, Serialize};

use super::json::JsonObject;
use super::secret_type::SecretType;
use super::timestamp::Timestamp;

/// Everything about a version but its value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(bound = "")]
pub struct VersionMetadata<T: SecretType> {
    /// UUID.
    pub id: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The IAM id of the creator.
    pub created_by: String,
    /// Whether the schedule has created it.
    pub auto_rotated: Option<bool>,
    /// The user's own data about this version.
    pub version_custom_metadata: Option<JsonObject>,
    /// When its value expires.
    pub expiration_date: Option<Timestamp>,
    /// What this type adds.
    #[serde(flatten)]
    pub own: T::VersionMetadata,
}

/// A version together with its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "")]
pub struct Version<T: SecretType> {
    /// Everything but the value.
    #[serde(flatten)]
    pub metadata: VersionMetadata<T>,
    /// The value.
    #[serde(flatten)]
    pub payload: T::Payload,
}

/// A new version: a rotation.
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "")]
pub struct VersionPrototype<T: SecretType> {
    /// The user's own data about the new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_custom_metadata: Option<JsonObject>,
    /// What this type adds.
    #[serde(flatten)]
    pub own: T::VersionPrototype,
}

/// The one thing about a version that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VersionMetadataPatch {
    /// The whole object; an empty one clears it.
    pub version_custom_metadata: JsonObject,
}
