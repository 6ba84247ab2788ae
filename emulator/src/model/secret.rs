//! A secret, its versions, and the locks on them (ibm-api.md 2.4 to 2.6).

use crate::model::lease::{Rotation, Ttl};
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Metadata of that many versions is kept.
pub const VERSIONS_KEPT: usize = 50;

/// Free JSON that users attach.
pub type Metadata = Map<String, Value>;

/// A secret of any kind the emulator stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// A UUID.
    pub id: String,
    /// Where it is.
    pub instance_id: String,
    /// Unique per kind in the instance.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A UUID or `default`.
    pub secret_group_id: String,
    /// Up to 30.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Up to 10 KB.
    #[serde(default)]
    pub custom_metadata: Metadata,
    /// `iam_id` of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written, or its data read.
    pub updated_at: Timestamp,
    /// When its data was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieved_at: Option<Timestamp>,
    /// What only one kind has.
    pub kind: Kind,
    /// Oldest first; the last one is `current`, the one before it `previous`.
    pub versions: Vec<Version>,
}

/// What only one kind of secret has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Kind {
    /// `iam_credentials`.
    IamCredentials(IamCredentials),
    /// `arbitrary`.
    Arbitrary {
        /// When the secret ends, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiration_date: Option<Timestamp>,
    },
}

impl Kind {
    /// The wire's `secret_type`.
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
    /// How long credentials generated from now on live.
    pub ttl: Ttl,
    /// The same as it was given, for the switch that answers it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_given: Option<String>,
    /// One key until the lease ends, or a new one on every read.
    pub reuse_api_key: bool,
    /// Where the service ID comes from.
    pub source: Source,
    /// The account of the credentials when it is not the instance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The schedule.
    #[serde(default)]
    pub rotation: Rotation,
    /// When the schedule runs next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation_date: Option<Timestamp>,
    /// When it was last rotated, by hand or by schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// The name that keys and generated service IDs carry in IAM: fixed when the secret is made.
    pub iam_name: String,
    /// State 5: the lease ended and no new one will be made.
    #[serde(default)]
    pub destroyed: bool,
}

/// Where the service ID of the credentials comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// The user's own service ID: `service_id_is_static`.
    ServiceId(String),
    /// The engine makes one and adds it to these groups.
    AccessGroups(Vec<String>),
}

/// One generation of the secret's data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// A UUID.
    pub id: String,
    /// `iam_id` of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Made by the schedule.
    #[serde(default)]
    pub auto_rotated: bool,
    /// Its data was returned at least once.
    #[serde(default)]
    pub downloaded: bool,
    /// Up to 10 KB.
    #[serde(default)]
    pub version_custom_metadata: Metadata,
    /// When its lease ends or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// `ApiKey-<uuid>` of the key generated for it, alive or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<String>,
    /// The service ID of that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The data, while it is kept.
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
    /// `iam_id` of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last replaced.
    pub updated_at: Timestamp,
}

/// Which version a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alias {
    /// The newest.
    Current,
    /// The one before it.
    Previous,
}

impl Alias {
    /// The wire's word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

impl Version {
    /// Whether the data is still kept.
    pub fn payload_available(&self) -> bool {
        self.payload.is_some()
    }
}

impl Secret {
    /// The newest version.
    pub fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The newest version, to be changed.
    pub fn current_mut(&mut self) -> Option<&mut Version> {
        self.versions.last_mut()
    }

    /// The version before the newest.
    pub fn previous(&self) -> Option<&Version> {
        self.versions.iter().nth_back(1)
    }

    /// Where the version `current`, `previous` or of that id is.
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

    /// Locks on all versions.
    pub fn locks_total(&self) -> usize {
        self.versions.iter().map(|version| version.locks.len()).sum()
    }

    /// Adds a version; the oldest metadata drops off.
    pub fn push_version(&mut self, version: Version) {
        self.versions.push(version);
        if self.versions.len() > VERSIONS_KEPT {
            self.versions.remove(0);
        }
    }

    /// 1 `active` or 5 `destroyed`.
    pub fn state(&self) -> (u8, &'static str) {
        match &self.kind {
            Kind::IamCredentials(settings) if settings.destroyed => (5, "destroyed"),
            _ => (1, "active"),
        }
    }
}
