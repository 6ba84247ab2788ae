//! What IAM credentials have beyond other secrets (ibm-api.md 2.4, 2.5).

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secret_type::SecretType;
use super::timestamp::Timestamp;
use crate::units::rotation::RotationUnit;
use crate::units::ttl::Ttl;

/// IAM credentials: an API key that the service makes for a service ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IamCredentials;

impl SecretType for IamCredentials {
    const NAME: &'static str = "iam_credentials";
    type Prototype = IamCredentialsPrototype;
    type Metadata = IamCredentialsMetadata;
    type Patch = IamCredentialsPatch;
    type Payload = ApiKey;
    type VersionPrototype = NewKey;
    type VersionMetadata = IamCredentialsVersion;

    fn payload_value(payload: &ApiKey) -> Option<&SecretString> {
        payload.api_key.as_ref()
    }
}

/// What a new secret needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IamCredentialsPrototype {
    /// The lease of each key.
    pub ttl: Ttl,
    /// Whether each read returns the same key until its lease ends. Always sent: the documents
    /// disagree about its default.
    pub reuse_api_key: bool,
    /// Whose key it is going to be.
    #[serde(flatten)]
    pub owner: KeyOwner,
    /// The account of the service ID, if it is not the instance's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The rotation schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPolicy>,
}

/// Exactly one of the two decides whose key a secret holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    /// A service ID that the engine makes, in these access groups.
    AccessGroups(Vec<String>),
    /// A service ID of the user's.
    ServiceId(String),
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

/// What the metadata says beyond the common part.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct IamCredentialsMetadata {
    /// When the value was last read; 1970 if never.
    pub retrieved_at: Option<Timestamp>,
    /// The lease: seconds, or a number with `s`, `m`, `h` or `d`.
    pub ttl: Option<String>,
    /// Whether each read returns the same key until its lease ends.
    pub reuse_api_key: Option<bool>,
    /// The access groups of a service ID that the engine makes.
    pub access_groups: Option<Vec<String>>,
    /// The service ID that the key belongs to.
    pub service_id: Option<String>,
    /// Whether the service ID is the user's own.
    pub service_id_is_static: Option<bool>,
    /// The service ID's account, if it is not the instance's.
    pub account_id: Option<String>,
    /// The key's id in IAM.
    pub api_key_id: Option<String>,
    /// The rotation schedule.
    pub rotation: Option<RotationPolicy>,
    /// When the schedule rotates next.
    pub next_rotation_date: Option<Timestamp>,
}

impl IamCredentialsMetadata {
    /// Whether each read of the value makes a new key.
    pub fn is_dynamic(&self) -> bool {
        self.reuse_api_key == Some(false)
    }
}

/// What can be changed beyond the common part: `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IamCredentialsPatch {
    /// The lease of keys made from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// The whole schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPolicy>,
}

/// The value of a secret or version.
#[derive(Clone, Debug, Deserialize)]
pub struct ApiKey {
    /// The key. Absent until there is one, and after it is gone.
    pub api_key: Option<SecretString>,
}

/// A new version needs nothing but itself: the service makes the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewKey {}

/// What the metadata of a version says beyond the common part.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IamCredentialsVersion {
    /// The key's id in IAM.
    pub api_key_id: Option<String>,
}
