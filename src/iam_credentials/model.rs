//! IAM credentials in Terraform's terms: what the metadata says, and what only
//! the secret itself says. Two structs, so that metadata cannot hold a key.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ttl::Ttl;
use crate::client::SecretState;
use crate::framework::value::{TextList, TextMap, Value};
use crate::scope::Scope;
use crate::scope::timeouts::Timeouts;

/// Configuration, plan and state of the resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The instance it is in.
    #[serde(flatten)]
    pub scope: Scope,
    /// How long operations may take.
    pub timeouts: Value<Timeouts>,
    /// What the metadata endpoint returns.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// What only the secret endpoint returns.
    #[serde(flatten)]
    pub payload: Payload,
    /// The user's own data about the current version.
    pub version_custom_metadata: TextMap,
    /// Whether the state holds the key; null is yes.
    pub store_api_key: Value<bool>,
    /// A change of these rotates.
    pub rotation_triggers: TextMap,
    /// How long before its end a key is to be renewed.
    pub early_renewal: Value<String>,
    /// Whether the next plan renews the key.
    pub ready_for_renewal: Value<bool>,
}

/// Everything about a secret but its key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// UUID.
    pub secret_id: Value<String>,
    /// IBM's name of the kind.
    pub secret_type: Value<String>,
    /// Unique per kind in the instance.
    pub name: Value<String>,
    /// Free text.
    pub description: Value<String>,
    /// UUID, or `default`.
    pub secret_group_id: Value<String>,
    /// In the user's order.
    pub labels: TextList,
    /// The lease, as the user writes it.
    pub ttl: Value<String>,
    /// The groups of a generated service ID.
    pub access_groups: TextList,
    /// The service ID of the key.
    pub service_id: Value<String>,
    /// Whether the service ID is the user's own.
    pub service_id_is_static: Value<bool>,
    /// The account of the service ID.
    pub account_id: Value<String>,
    /// Whether the key stays until its lease ends.
    pub reuse_api_key: Value<bool>,
    /// The schedule: no element or one.
    pub rotation: Value<Vec<Value<Rotation>>>,
    /// The user's own data.
    pub custom_metadata: TextMap,
    /// The key's id in IAM.
    pub api_key_id: Value<String>,
    /// RFC 3339: when the current key ends.
    pub expiration_date: Value<String>,
    /// RFC 3339: when the schedule fires next.
    pub next_rotation_date: Value<String>,
    /// The cloud resource name.
    pub crn: Value<String>,
    /// An IAM id.
    pub created_by: Value<String>,
    /// RFC 3339.
    pub created_at: Value<String>,
    /// RFC 3339.
    pub updated_at: Value<String>,
    /// RFC 3339; 1970 when the key was never read.
    pub retrieved_at: Value<String>,
    /// Whether the current key was ever read.
    pub downloaded: Value<bool>,
    /// Locks over all versions.
    pub locks_total: Value<i64>,
    /// Versions that the service remembers.
    pub versions_total: Value<i64>,
    /// IBM's number of the state.
    pub state: Value<i64>,
    /// The state in IBM's words.
    pub state_description: Value<String>,
}

/// The part that is secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The key; null for dynamic secrets.
    pub api_key: Value<String>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

/// When the service makes a new key by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Whether it does.
    pub auto_rotate: Value<bool>,
    /// How many units lie between two rotations.
    pub interval: Value<i64>,
    /// `day` or `month`.
    pub unit: Value<String>,
}

impl State {
    /// The id in the service; empty before it exists.
    pub fn secret_id(&self) -> &str {
        self.metadata.secret_id.as_deref_option().unwrap_or_default()
    }

    /// The lease in seconds, if it is known and valid.
    pub(super) fn ttl(&self) -> Option<u64> {
        Ttl::parse(self.metadata.ttl.as_deref_option()?).map(Ttl::seconds)
    }

    /// Whether every read of the value makes a new key.
    pub fn is_dynamic(&self) -> bool {
        self.metadata.reuse_api_key == Value::Value(false)
    }

    /// Whether the key belongs into the state: never that of a dynamic secret.
    pub fn stores_key(&self) -> bool {
        !self.is_dynamic() && self.store_api_key != Value::Value(false)
    }

    /// Whether the service has destroyed the key at the end of its lease.
    pub fn is_destroyed(&self) -> bool {
        self.metadata.state == Value::Value(SecretState::Destroyed.code())
    }

    /// Whether this is the stub of an import, which knows nothing but ids.
    pub fn is_import(&self) -> bool {
        self.metadata.name.is_null()
    }
}
