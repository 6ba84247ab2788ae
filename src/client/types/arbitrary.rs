//! What arbitrary secrets have beyond other secrets (ibm-api.md 2.4).

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::expose::expose;
use super::secret_type::SecretType;

/// A text that the user stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arbitrary;

impl SecretType for Arbitrary {
    const NAME: &'static str = "arbitrary";
    type Prototype = ArbitraryPrototype;
    type Metadata = NothingMore;
    type Patch = ArbitraryPatch;
    type Payload = ArbitraryPayload;
    type VersionPrototype = ArbitraryVersionPrototype;
    type VersionMetadata = NothingMore;

    fn payload_value(payload: &ArbitraryPayload) -> Option<&SecretString> {
        payload.payload.as_ref()
    }

    fn prototype_value(prototype: &ArbitraryPrototype) -> Option<&SecretString> {
        Some(&prototype.payload)
    }

    fn version_value(prototype: &ArbitraryVersionPrototype) -> Option<&SecretString> {
        Some(&prototype.payload)
    }
}

/// What a new secret needs.
#[derive(Clone, Debug, Serialize)]
pub struct ArbitraryPrototype {
    /// The value.
    #[serde(serialize_with = "expose")]
    pub payload: SecretString,
    /// When the value expires, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<String>,
}

impl PartialEq for ArbitraryPrototype {
    fn eq(&self, other: &Self) -> bool {
        self.payload.expose_secret() == other.payload.expose_secret()
            && self.expiration_date == other.expiration_date
    }
}

/// What can be changed beyond the common part: `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArbitraryPatch {
    /// When the value expires, in RFC 3339; `Some(None)` is `null`, which takes the date back (API
    /// change log, 10 June 2024).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Option<String>>,
}

/// The value of a secret or version.
#[derive(Clone, Debug, Deserialize)]
pub struct ArbitraryPayload {
    /// The value. Absent after it is gone.
    pub payload: Option<SecretString>,
}

/// A new version with another value.
#[derive(Clone, Debug, Serialize)]
pub struct ArbitraryVersionPrototype {
    /// The value.
    #[serde(serialize_with = "expose")]
    pub payload: SecretString,
}

/// The common part is all that there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct NothingMore {}
