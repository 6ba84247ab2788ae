//! Private state: what the provider stores about an object beside its state.
//!
//! Terraform stores these bytes without reading them. Only bytes with this
//! provider's key are its own: the official provider writes different ones (`null`,
//! or its SDK's JSON), and an object with those, or with none, was last written by
//! it.

use std::collections::{BTreeMap, BTreeSet};

/// The private state of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrivateState {
    /// Attributes that the configuration set at the last apply, of those that are
    /// reset when they are removed from it.
    pub configured: BTreeSet<String>,
}

impl PrivateState {
    /// Parses what an earlier call of this provider stored under `key`; `None` if
    /// there are no bytes, or another provider's.
    pub fn parse(bytes: &[u8], key: &str) -> Option<PrivateState> {
        let mut stored: BTreeMap<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
        let configured = serde_json::from_value(stored.remove(key)?).ok()?;
        Some(PrivateState { configured })
    }

    /// The bytes to store.
    pub fn to_bytes(&self, key: &str) -> Vec<u8> {
        // A set of strings always serializes; empty bytes would count as another provider's.
        serde_json::to_vec(&BTreeMap::from([(key, &self.configured)])).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_bytes_are_parsed() {
        let own = PrivateState { configured: BTreeSet::from(["labels".to_owned()]) };
        let bytes = own.to_bytes("ours");
        assert_eq!(bytes, br#"{"ours":["labels"]}"#);
        assert_eq!(PrivateState::parse(&bytes, "ours"), Some(own));
        assert_eq!(PrivateState::parse(&bytes, "theirs"), None);
        for theirs in [&b""[..], b"null", b"{}", b"{\"schema_version\":\"0\"}", b"\xff", b"[1]"] {
            assert_eq!(PrivateState::parse(theirs, "ours"), None);
        }
    }
}
