//! The JSON of secrets (ibm-api.md 2.4): what all types have, and what each adds.

use serde::{Deserialize, Serialize, Serializer};

use super::json::JsonObject;
use super::secret_type::SecretType;
use super::timestamp::Timestamp;

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
    /// 5: it has expired and its data is gone.
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

/// What the metadata of every secret says, whatever its type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CommonMetadata {
    /// UUID.
    pub id: String,
    /// IBM's name of the type.
    pub secret_type: String,
    /// Unique per type in the instance.
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
    /// Whether the current version's value was ever read.
    pub downloaded: Option<bool>,
    /// The user's own data.
    pub custom_metadata: Option<JsonObject>,
    /// Number of locks over all versions.
    pub locks_total: Option<i64>,
    /// Number of versions that are remembered.
    pub versions_total: Option<i64>,
    /// Where it is in its life.
    pub state: Option<SecretState>,
    /// `state` in IBM's words.
    pub state_description: Option<String>,
    /// When the current value expires.
    pub expiration_date: Option<Timestamp>,
}

/// Everything about a secret but its value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(bound = "")]
pub struct SecretMetadata<T: SecretType> {
    /// What all types have.
    #[serde(flatten)]
    pub common: CommonMetadata,
    /// What this type adds.
    #[serde(flatten)]
    pub own: T::Metadata,
}

/// A secret together with its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "")]
pub struct Secret<T: SecretType> {
    /// Everything but the value.
    #[serde(flatten)]
    pub metadata: SecretMetadata<T>,
    /// The value.
    #[serde(flatten)]
    pub payload: T::Payload,
}

/// A new secret. Its JSON also names the type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "")]
pub struct SecretPrototype<T: SecretType> {
    /// Unique per type in the instance.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The default group if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_group_id: Option<String>,
    /// In the order given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The user's own data about the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_metadata: Option<JsonObject>,
    /// The user's own data about its first version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_custom_metadata: Option<JsonObject>,
    /// What this type adds.
    #[serde(flatten, serialize_with = "with_type::<T, _>")]
    pub own: T::Prototype,
}

fn with_type<T: SecretType, S: Serializer>(
    own: &T::Prototype,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Typed<'a, P: Serialize> {
        secret_type: &'static str,
        #[serde(flatten)]
        own: &'a P,
    }
    Typed { secret_type: T::NAME, own }.serialize(serializer)
}

/// What to change about a secret: `None` leaves a value, an empty one clears it. An explicit JSON
/// `null` is never sent, because its meaning is not established (ibm-api.md 6.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "")]
pub struct SecretMetadataPatch<T: SecretType> {
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
    /// What this type adds.
    #[serde(flatten)]
    pub own: T::Patch,
}

impl<T: SecretType> Default for SecretMetadataPatch<T> {
    fn default() -> Self {
        Self {
            name: None,
            description: None,
            labels: None,
            custom_metadata: None,
            own: T::Patch::default(),
        }
    }
}

impl<T: SecretType> SecretMetadataPatch<T> {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
