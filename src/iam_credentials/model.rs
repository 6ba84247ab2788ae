//! IAM credentials in Terraform's terms: what they have beside what every secret has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::framework::value::{StringList, StringMap, Value};
use crate::secret;
use crate::units::duration::Span;
use crate::units::rotation::RotationUnit;
use crate::units::ttl::Ttl;
use crate::units::written::Written;

/// The secret type `iam_credentials`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IamCredentials;

/// Configuration, plan and state of the resource.
pub(super) type Secret = secret::Secret<IamCredentials>;

/// The metadata of IAM credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// How long a key lives, as the user writes it.
    pub ttl: Value<Written<Ttl>>,
    /// The groups of a generated service ID.
    pub access_groups: StringList,
    /// The service ID of the key.
    pub service_id: Value<String>,
    /// Whether the service ID is the user's own.
    pub service_id_is_static: Value<bool>,
    /// The account of the service ID.
    pub account_id: Value<String>,
    /// Whether the key stays until it expires.
    pub reuse_api_key: Value<bool>,
    /// The schedule: no element or one.
    pub rotation: Value<Vec<Value<Rotation>>>,
    /// The key's id in IAM.
    pub api_key_id: Value<String>,
    /// RFC 3339: when the schedule fires next.
    pub next_rotation_date: Value<String>,
    /// RFC 3339; 1970 when the key was never read.
    pub retrieved_at: Value<String>,
}

/// When the service makes a new key by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Whether it does.
    pub auto_rotate: Value<bool>,
    /// How many units lie between two rotations.
    pub interval: Value<i64>,
    /// The unit of the interval.
    pub unit: Value<RotationUnit>,
}

/// The value of IAM credentials.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The key; null for dynamic secrets.
    pub api_key: Value<String>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// What only Terraform knows of IAM credentials: where the key goes and when it is replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether the state holds the key; null is yes.
    pub store_api_key: Value<bool>,
    /// A change of these rotates.
    pub rotation_triggers: StringMap,
    /// How long before it expires a key is renewed.
    pub early_renewal: Value<Written<Span>>,
    /// Whether the next plan renews the key.
    pub ready_for_renewal: Value<bool>,
}

impl Own {
    /// The ttl, if it is known and valid.
    pub(super) fn ttl(&self) -> Option<Ttl> {
        self.ttl.as_ref_option()?.meaning().copied()
    }

    /// Whether every read of the value makes a new key.
    pub(super) fn is_dynamic(&self) -> bool {
        self.reuse_api_key == Value::Value(false)
    }

    /// The schedule, if there is one and it is known to be on.
    pub(super) fn active_rotation(&self) -> Option<&Rotation> {
        let policy = self.rotation.as_ref_option()?.first()?.as_ref_option()?;
        (policy.auto_rotate == Value::Value(true)).then_some(policy)
    }
}

/// Whether the key belongs into the state: never that of a dynamic secret.
pub(super) fn stores_key(secret: &Secret) -> bool {
    !secret.own.is_dynamic() && secret.settings.store_api_key != Value::Value(false)
}
