//! Arbitrary secrets as Terraform models them: what they have beside what every secret has.

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
    /// The secret itself; null if the state does not contain it.
    pub payload: Value<String>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

/// The attributes of an arbitrary secret that only Terraform knows.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The payload, write-only: it is only in the configuration.
    pub payload_wo: Value<String>,
    /// The version of a write-only payload, which stands for it in the state.
    pub payload_wo_version: Value<String>,
    /// Whether the state contains the payload; null means true, unless it is write-only.
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

/// Whether the payload belongs in the state.
pub(super) fn stores_payload(secret: &Secret) -> bool {
    secret.settings.payload_wo_version.is_null()
        && secret.settings.store_payload != Value::Value(false)
}
