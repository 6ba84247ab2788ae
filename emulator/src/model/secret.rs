//! A secret, its versions, and the locks on them (ibm-api.md 2.4 to 2.6).

use crate::model::lease::{Rotation, Ttl};
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The number of versions whose metadata is kept.
pub const VERSIONS_KEPT: usize = 50;

/// JSON that users attach.
pub type Metadata = Map<String, Value>;

/// A secret of any type that the emulator has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// A UUID.
    pub id: String,
    /// The instance it belongs to.
    pub instance_id: String,
    /// Unique in the instance for its secret type.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A UUID or `default`.
    pub secret_group_id: String,
    /// Up to 30 labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Up to 10 KB.
    #[serde(default)]
    pub custom_metadata: Metadata,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last modified or its data last read.
    pub updated_at: Timestamp,
    /// When its data was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieved_at: Option<Timestamp>,
    /// What is specific to the secret type.
    pub kind: Kind,
    /// Oldest first; the last one is `current`, the one before it `previous`.
    pub versions: Vec<Version>,
}

/// What is specific to a secret type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Kind {
    /// `iam_credentials`.
    IamCredentials(IamCredentials),
    /// `arbitrary`.
    Arbitrary {
        /// When the payload is destroyed, if ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiration_date: Option<Timestamp>,
        /// State 5: the secret has expired and its payload is gone for good.
        #[serde(default)]
        destroyed: bool,
    },
}

impl Kind {
    /// IBM's name of the secret type.
    pub fn secret_type(&self) -> &'static str {
        match self {
            Self::IamCredentials(_) => "iam_credentials",
            Self::Arbitrary { .. } => "arbitrary",
        }
    }
}

/// The settings of an IAM credentials secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IamCredentials {
    /// The lifetime of credentials generated from now on.
    pub ttl: Ttl,
    /// The `ttl` as the caller wrote it, for the switch that returns it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_given: Option<String>,
    /// One key until the lease ends, or a new one on every read.
    pub reuse_api_key: bool,
    /// Where the service ID comes from.
    pub source: Source,
    /// The account of the credentials, if it is not the instance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The rotation policy.
    #[serde(default)]
    pub rotation: Rotation,
    /// When the secret is rotated next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation_date: Option<Timestamp>,
    /// When it was last rotated, manually or by schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// The name of keys and generated service IDs in IAM, fixed when the secret is created.
    pub iam_name: String,
    /// State 5: the lease has ended, and no new credentials will be generated.
    #[serde(default)]
    pub destroyed: bool,
}

/// Where the service ID of the credentials comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// The user's own service ID: `service_id_is_static`.
    ServiceId(String),
    /// The engine creates one and adds it to these groups.
    AccessGroups(Vec<String>),
}

/// One version of the secret's data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// A UUID.
    pub id: String,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether the schedule created it.
    #[serde(default)]
    pub auto_rotated: bool,
    /// Whether its data has been read at least once.
    #[serde(default)]
    pub downloaded: bool,
    /// Up to 10 KB.
    #[serde(default)]
    pub version_custom_metadata: Metadata,
    /// When its lease ends, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// `ApiKey-<uuid>` of the key generated for it, which may be deleted by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<String>,
    /// The service ID of that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The data, as long as it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Sensitive>,
    /// In order of creation.
    #[serde(default)]
    pub locks: Vec<Lock>,
}

/// A lock on a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Unique on its version.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free JSON.
    #[serde(default)]
    pub attributes: Metadata,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last replaced.
    pub updated_at: Timestamp,
}

/// The alias of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alias {
    /// The newest.
    Current,
    /// The one before it.
    Previous,
}

impl Alias {
    /// IBM's name of the alias.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

impl Version {
    /// Whether the data is still there.
    pub fn payload_available(&self) -> bool {
        self.payload.is_some()
    }
}

impl Secret {
    /// The newest version.
    pub fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The newest version, mutable.
    pub fn current_mut(&mut self) -> Option<&mut Version> {
        self.versions.last_mut()
    }

    /// The version before the newest.
    pub fn previous(&self) -> Option<&Version> {
        self.versions.iter().nth_back(1)
    }

    /// The position of the version with that id or alias.
    pub fn position(&self, segment: &str) -> Option<usize> {
        match segment {
            "current" => self.versions.len().checked_sub(1),
            "previous" => self.versions.len().checked_sub(2),
            id => self.versions.iter().position(|version| version.id == id),
        }
    }

    /// The alias of the version at that position.
    pub fn alias(&self, position: usize) -> Option<Alias> {
        match self.versions.len().checked_sub(position)? {
            1 => Some(Alias::Current),
            2 => Some(Alias::Previous),
            _ => None,
        }
    }

    /// The number of locks on all versions.
    pub fn locks_total(&self) -> usize {
        self.versions.iter().map(|version| version.locks.len()).sum()
    }

    /// Adds a version, and drops the oldest one beyond the limit.
    pub fn push_version(&mut self, version: Version) {
        self.versions.push(version);
        if self.versions.len() > VERSIONS_KEPT {
            self.versions.remove(0);
        }
    }

    /// The state and its description: 1 `active` or 5 `destroyed`.
    pub fn state(&self) -> (u8, &'static str) {
        if self.is_destroyed() { (5, "destroyed") } else { (1, "active") }
    }

    /// Whether the secret has expired for good.
    pub fn is_destroyed(&self) -> bool {
        match &self.kind {
            Kind::IamCredentials(settings) => settings.destroyed,
            Kind::Arbitrary { destroyed, .. } => *destroyed,
        }
    }

    /// When the version expires: by its own lease, or together with an arbitrary secret.
    pub fn expiration_of(&self, version: &Version) -> Option<Timestamp> {
        match &self.kind {
            Kind::IamCredentials(_) => version.expiration_date,
            Kind::Arbitrary { expiration_date, .. } => *expiration_date,
        }
    }

    /// When it is rotated next, if it is.
    pub fn next_rotation_date(&self) -> Option<Timestamp> {
        match &self.kind {
            Kind::IamCredentials(settings) => settings.next_rotation_date,
            Kind::Arbitrary { .. } => None,
        }
    }

    /// When the current version expires.
    pub fn expiration_date(&self) -> Option<Timestamp> {
        self.current().and_then(|current| self.expiration_of(current))
    }
}
