//! The metadata of every secret as Terraform models it; no client, clock or log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::client::{self, JsonObject, SecretState};
use crate::framework::value::{StringList, StringMap, Value, known, known_list};

/// The metadata that every secret has, whatever its type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommonMetadata {
    /// UUID.
    pub secret_id: Value<String>,
    /// IBM's name for the type.
    pub secret_type: Value<String>,
    /// Unique per type in the instance.
    pub name: Value<String>,
    /// Free text.
    pub description: Value<String>,
    /// UUID, or `default`.
    pub secret_group_id: Value<String>,
    /// In the user's order.
    pub labels: StringList,
    /// The user's own data.
    pub custom_metadata: StringMap,
    /// RFC 3339: when the current value expires.
    pub expiration_date: Value<String>,
    /// The cloud resource name.
    pub crn: Value<String>,
    /// An IAM id.
    pub created_by: Value<String>,
    /// RFC 3339.
    pub created_at: Value<String>,
    /// RFC 3339.
    pub updated_at: Value<String>,
    /// Whether the current value was ever read.
    pub downloaded: Value<bool>,
    /// Locks over all versions.
    pub locks_total: Value<i64>,
    /// The number of versions that the service has retained.
    pub versions_total: Value<i64>,
    /// IBM's number of the state.
    pub state: Value<i64>,
    /// The state in IBM's words.
    pub state_description: Value<String>,
}

impl CommonMetadata {
    /// Whether the service has destroyed the value.
    pub fn is_destroyed(&self) -> bool {
        self.state == Value::Value(SecretState::Destroyed.code())
    }

    /// The state in IBM's words, for messages.
    pub fn state_in_words(&self) -> &str {
        self.state_description.as_deref_option().unwrap_or("unknown")
    }
}

impl From<client::CommonMetadata> for CommonMetadata {
    fn from(metadata: client::CommonMetadata) -> Self {
        CommonMetadata {
            secret_id: known(metadata.id),
            secret_type: known(metadata.secret_type),
            name: metadata.name.into(),
            description: metadata.description.into(),
            secret_group_id: known(metadata.secret_group_id),
            labels: known_list(metadata.labels.unwrap_or_default()),
            custom_metadata: Value::Value(string_map(metadata.custom_metadata)),
            expiration_date: metadata.expiration_date.map(|time| time.to_string()).into(),
            crn: known(metadata.crn),
            created_by: known(metadata.created_by),
            created_at: known(metadata.created_at.to_string()),
            updated_at: known(metadata.updated_at.to_string()),
            downloaded: metadata.downloaded.into(),
            locks_total: metadata.locks_total.into(),
            versions_total: metadata.versions_total.into(),
            state: metadata.state.map(SecretState::code).into(),
            state_description: metadata.state_description.into(),
        }
    }
}

/// Custom metadata may be any JSON; values other than strings become JSON strings. `None` becomes an empty map.
pub(super) fn string_map(object: Option<JsonObject>) -> BTreeMap<String, Value<String>> {
    object
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| match value {
            Json::String(value) => (key, known(value)),
            other => (key, known(other.to_string())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(more: Json) -> CommonMetadata {
        let mut json = json!({"id": "s", "secret_type": "iam_credentials", "crn": "crn",
            "secret_group_id": "default", "created_by": "iam-1",
            "created_at": "2026-11-24T06:10:04.250Z", "updated_at": "2026-11-24T06:10:05Z"});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value::<client::CommonMetadata>(json).unwrap().into()
    }

    #[test]
    fn what_the_service_omits_is_null_or_empty() {
        let metadata = metadata(json!({}));
        assert_eq!(metadata.labels, known_list::<String>([]));
        assert_eq!(metadata.custom_metadata, Value::Value(BTreeMap::new()));
        assert_eq!(metadata.expiration_date, Value::Null);
        assert_eq!(metadata.state, Value::Null);
    }

    #[test]
    fn times_are_whole_seconds_and_nested_metadata_is_a_json_string() {
        let metadata = metadata(json!({
            "state": 5, "expiration_date": "2026-11-24T06:40:04Z",
            "custom_metadata": {"plain": "text", "nested": {"a": [1]}, "flag": true}
        }));
        assert_eq!(metadata.created_at, known("2026-11-24T06:10:04Z"));
        assert_eq!(metadata.expiration_date, known("2026-11-24T06:40:04Z"));
        assert!(metadata.is_destroyed());
        let expected = [("plain", "text"), ("nested", r#"{"a":[1]}"#), ("flag", "true")];
        let expected = expected.map(|(key, value)| (key.to_owned(), known(value)));
        assert_eq!(metadata.custom_metadata, Value::Value(expected.into()));
    }
}
