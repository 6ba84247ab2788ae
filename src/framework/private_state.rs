//! Private state: what the provider stores about an object beside its state.
//!
//! Terraform stores these bytes without reading them. Only bytes with this
//! provider's key are its own: the official provider writes different ones (`null`,
//! or its SDK's JSON), and an object with those, or with none, was last written by
//! it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

/// Says that the planned object replaces another one.
const REPLACES: &str = "replaces";

/// Says that the object is gone.
const GONE: &str = "gone";

/// The key of [`PrivateState::note`].
const NOTE: &str = "note";

/// The private state of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrivateState {
    /// Attributes that the configuration set at the last apply, of those that are
    /// reset when they are removed from it.
    pub configured: BTreeSet<String>,
    /// Whether the plan creates this object in the place of another one.
    pub replaces: bool,
    /// Whether the object is gone and stays in the state for what its delete still removes.
    pub gone: bool,
    /// What a refresh, or an update that failed, has left for the next one. It never contains a secret.
    pub note: Option<Json>,
}

impl PrivateState {
    /// Parses what an earlier call of this provider stored under `key`; `None` if
    /// there are no bytes, or another provider's.
    pub fn parse(bytes: &[u8], key: &str) -> Option<PrivateState> {
        let mut stored: Map<String, Json> = serde_json::from_slice(bytes).ok()?;
        let configured = serde_json::from_value(stored.remove(key)?).ok()?;
        let mut flag = |name| stored.remove(name) == Some(Json::Bool(true));
        let (replaces, gone) = (flag(REPLACES), flag(GONE));
        Some(PrivateState { configured, replaces, gone, note: stored.remove(NOTE) })
    }

    /// The bytes to store.
    pub fn to_bytes(&self, key: &str) -> Vec<u8> {
        let configured = self.configured.iter().cloned().map(Json::String).collect();
        let mut stored = Map::from_iter([(key.to_owned(), configured)]);
        for (name, flag) in [(REPLACES, self.replaces), (GONE, self.gone)] {
            if flag {
                stored.insert(name.to_owned(), Json::Bool(true));
            }
        }
        if let Some(note) = &self.note {
            stored.insert(NOTE.to_owned(), note.clone());
        }
        Json::Object(stored).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_bytes_are_parsed() {
        let configured = BTreeSet::from(["labels".to_owned()]);
        let mut own = PrivateState { configured, ..PrivateState::default() };
        let bytes = own.to_bytes("ours");
        assert_eq!(bytes, br#"{"ours":["labels"]}"#);
        assert_eq!(PrivateState::parse(&bytes, "ours").as_ref(), Some(&own));
        assert_eq!(PrivateState::parse(&bytes, "theirs"), None);
        own.replaces = true;
        assert_eq!(own.to_bytes("ours"), br#"{"ours":["labels"],"replaces":true}"#);
        own.gone = true;
        own.note = Some(serde_json::json!({"since": "now"}));
        assert_eq!(PrivateState::parse(&own.to_bytes("ours"), "ours"), Some(own));
        for theirs in [&b""[..], b"null", b"{}", b"{\"schema_version\":\"0\"}", b"\xff", b"[1]"] {
            assert_eq!(PrivateState::parse(theirs, "ours"), None);
        }
    }
}
