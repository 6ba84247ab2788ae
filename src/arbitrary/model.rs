//! Arbitrary secrets in Terraform's terms: what they have beside what every secret has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::framework::value::Value;
use crate::secret;

/// The secret type `arbitrary`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arbitrary;

/// Configuration, plan and state of the resource.
pub(super) type Secret = secret::Secret<Arbitrary>;

/// Arbitrary secrets have no metadata of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NoMore {}

/// The value of an arbitrary secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The secret itself; null where the state does not hold it.
    pub payload: Value<String>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

/// What only Terraform knows of an arbitrary secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The payload, write-only: it is in the configuration and nowhere else.
    pub payload_wo: Value<String>,
    /// What stands for the payload in the state when it is write-only.
    pub payload_wo_version: Value<String>,
    /// Whether the state holds the payload; null is yes, unless it is write-only.
    pub store_payload: Value<bool>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("payload_wo_version", &self.payload_wo_version)
            .field("store_payload", &self.store_payload)
            .finish_non_exhaustive()
    }
}

/// Whether the payload belongs into the state.
pub(super) fn stores_payload(secret: &Secret) -> bool {
    secret.settings.payload_wo_version.is_null()
        && secret.settings.store_payload != Value::Value(false)
}
