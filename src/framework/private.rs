//! What the provider remembers about an object beside its state.
//!
//! Terraform stores these bytes opaquely. They are ours only with our marker:
//! the official provider writes bytes of its own (`null`, or JSON of its SDK),
//! and an object that carries those, or none, was last written by it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The provider's memory of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Private {
    /// Attributes that the configuration gave at the last apply, of those that
    /// are reset when the configuration drops them.
    #[serde(rename = "ibm_sm_configured")]
    pub configured: BTreeSet<String>,
}

impl Private {
    /// Reads what an earlier call of this provider stored; `None` if another
    /// provider, or nobody, wrote the bytes.
    pub fn parse(bytes: &[u8]) -> Option<Private> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A set of strings always serializes; no bytes would read as foreign.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_bytes_are_recognised() {
        let own = Private { configured: BTreeSet::from(["labels".to_owned()]) };
        assert_eq!(own.to_bytes(), br#"{"ibm_sm_configured":["labels"]}"#);
        assert_eq!(Private::parse(&own.to_bytes()), Some(own));
        for foreign in [&b""[..], b"null", b"{}", b"{\"schema_version\":\"0\"}", b"\xff", b"[1]"] {
            assert_eq!(Private::parse(foreign), None);
        }
    }
}
