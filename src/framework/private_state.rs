//! What the provider stores about an object beside its state.
//!
//! Terraform stores these bytes without looking at them. They are this provider's
//! only with its key: the official provider writes bytes of its own (`null`, or
//! JSON of its SDK), and an object that carries those, or none, was last written
//! by it.

use std::collections::{BTreeMap, BTreeSet};

/// The private state of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrivateState {
    /// Attributes that the configuration gave at the last apply, of those that
    /// are reset when they are removed from it.
    pub configured: BTreeSet<String>,
}

impl PrivateState {
    /// Reads what an earlier call of this provider stored under `key`; `None` if
    /// another provider, or nobody, wrote the bytes.
    pub fn parse(bytes: &[u8], key: &str) -> Option<PrivateState> {
        let mut stored: BTreeMap<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
        let configured = serde_json::from_value(stored.remove(key)?).ok()?;
        Some(PrivateState { configured })
    }

    /// The bytes to store.
    pub fn to_bytes(&self, key: &str) -> Vec<u8> {
        // A set of strings always serializes; no bytes would read as another provider's.
        serde_json::to_vec(&BTreeMap::from([(key, &self.configured)])).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_bytes_are_recognised() {
        let own = PrivateState { configured: BTreeSet::from(["labels".to_owned()]) };
        let bytes = own.to_bytes("ours");
        assert_eq!(bytes, br#"{"ours":["labels"]}"#);
        assert_eq!(PrivateState::parse(&bytes, "ours"), Some(own));
        assert_eq!(PrivateState::parse(&bytes, "theirs"), None);
        for foreign in [&b""[..], b"null", b"{}", b"{\"schema_version\":\"0\"}", b"\xff", b"[1]"] {
            assert_eq!(PrivateState::parse(foreign, "ours"), None);
        }
    }
}
