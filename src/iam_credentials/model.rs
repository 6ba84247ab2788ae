//! IAM credentials as Terraform models them: what they have beside what every secret has.

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
    /// The lifetime of a key, as the user wrote it.
    pub ttl: Value<Written<Ttl>>,
    /// The groups of a generated service ID.
    pub access_groups: StringList,
    /// The service ID of the key.
    pub service_id: Value<String>,
    /// Whether the service ID is the user's own.
    pub service_id_is_static: Value<bool>,
    /// The account of the service ID.
    pub account_id: Value<String>,
    /// Whether the key is reused until it expires.
    pub reuse_api_key: Value<bool>,
    /// The schedule: no element or one.
    pub rotation: Value<Vec<Value<Rotation>>>,
    /// The key's id in IAM.
    pub api_key_id: Value<String>,
    /// RFC 3339: when the next automatic rotation is due.
    pub next_rotation_date: Value<String>,
    /// RFC 3339; 1970 when the key was never read.
    pub retrieved_at: Value<String>,
}

/// How the service rotates the key automatically.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Whether it does so at all.
    pub auto_rotate: Value<bool>,
    /// The number of units between two rotations.
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

/// The attributes of IAM credentials that only Terraform knows: whether the key is stored, and when it is rotated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether the state contains the key; null leaves it to the provider block.
    pub store_api_key: Value<bool>,
    /// What the provider block says about that, which no state contains; null means true.
    #[serde(skip)]
    pub store_by_default: Value<bool>,
    /// Strings of which any change rotates the secret.
    pub rotation_triggers: StringMap,
    /// How long before its expiry a key is renewed.
    pub early_renewal: Value<Written<Span>>,
    /// Whether the next plan renews the key.
    pub ready_for_renewal: Value<bool>,
    /// A number that rises with each new key.
    pub key_version: Value<i64>,
}

impl Own {
    /// The ttl, if it is known and valid.
    pub(super) fn ttl(&self) -> Option<Ttl> {
        self.ttl.as_ref_option()?.meaning().copied()
    }

    /// Whether every read of the value creates a new key.
    pub(super) fn is_dynamic(&self) -> bool {
        self.reuse_api_key == Value::Value(false)
    }

    /// The schedule, if there is one and it is known to be on.
    pub(super) fn active_rotation(&self) -> Option<&Rotation> {
        let policy = self.rotation.as_ref_option()?.first()?.as_ref_option()?;
        (policy.auto_rotate == Value::Value(true)).then_some(policy)
    }
}

/// Whether the key belongs in the state; that of a dynamic secret never does. What is not known yet
/// counts as no, so that nothing is read.
pub(super) fn stores_key(secret: &Secret) -> bool {
    !secret.own.is_dynamic() && matches!(secret.settings.stored(), Value::Null | Value::Value(true))
}

impl Settings {
    /// Whether the state contains the key, as the resource says, or else the provider block. Null
    /// means true.
    pub(super) fn stored(&self) -> Value<bool> {
        if self.store_api_key.is_null() { self.store_by_default } else { self.store_api_key }
    }
}
