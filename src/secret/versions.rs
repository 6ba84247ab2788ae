//! The user's own data about the current version of a secret.

use std::collections::BTreeMap;

use super::kind::{Secret, SecretKind};
use super::metadata::string_map;
use crate::client::{ApiError, JsonObject, VersionMetadataPatch};
use crate::framework::value::{StringMap, Value};
use crate::instance::Instance;

/// The version whose data the user manages.
pub const CURRENT: &str = "current";

/// The data of the current version, read only if the user manages it or imports the secret.
pub(super) async fn managed<K: SecretKind>(
    instance: &Instance,
    prior: &Secret<K>,
) -> Result<StringMap, ApiError> {
    let before = &prior.version_custom_metadata;
    if before.as_ref_option().is_none_or(BTreeMap::is_empty) && !prior.is_import() {
        return Ok(before.clone());
    }
    let found = match read::<K>(instance, prior.id()).await {
        Err(reason) if reason.is_not_found() => BTreeMap::new(),
        found => found?,
    };
    Ok(if found.is_empty() && prior.is_import() { Value::Null } else { Value::Value(found) })
}

/// Makes sure that the current version has the user's data: the first read of an API key can
/// create a new version, and it is not known whether that inherits the data (ibm-api.md 4.3).
pub(super) async fn settle<K: SecretKind>(
    instance: &Instance,
    state: &Secret<K>,
) -> Result<(), ApiError> {
    let wanted = &state.version_custom_metadata;
    if !wanted.is_value() {
        return Ok(());
    }
    let found = Value::Value(read::<K>(instance, state.id()).await?);
    if let Some(patch) = patch(&found, wanted) {
        instance.client.update_version_metadata::<K::Api>(state.id(), CURRENT, &patch).await?;
    }
    Ok(())
}

async fn read<K: SecretKind>(
    instance: &Instance,
    secret_id: &str,
) -> Result<BTreeMap<String, Value<String>>, ApiError> {
    let version = instance.client.get_version_metadata::<K::Api>(secret_id, CURRENT).await?;
    Ok(string_map(version.version_custom_metadata))
}

/// The request that updates the current version, if anything changes.
pub(super) fn patch(prior: &StringMap, plan: &StringMap) -> Option<VersionMetadataPatch> {
    (prior != plan).then(|| VersionMetadataPatch {
        version_custom_metadata: json_object(plan).unwrap_or_default(),
    })
}

/// A map of the user's as JSON; `None` if it is null or unknown.
pub fn json_object(map: &StringMap) -> Option<JsonObject> {
    let known = map.as_ref_option()?.iter();
    let entries =
        known.filter_map(|(key, value)| Some((key.clone(), value.as_deref_option()?.into())));
    Some(entries.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::framework::value::known;

    fn ticket(ticket: &str) -> StringMap {
        Value::Value([("ticket".to_owned(), known(ticket))].into())
    }

    #[test]
    fn version_data_is_patched_as_a_whole_and_cleared_when_removed() {
        let prior = ticket("OPS-1");
        for (plan, expected) in
            [(ticket("OPS-2"), json!({"ticket": "OPS-2"})), (Value::Null, json!({}))]
        {
            let patch = patch(&prior, &plan).unwrap();
            assert_eq!(Json::Object(patch.version_custom_metadata), expected);
        }
        assert_eq!(patch(&prior, &prior), None);
    }
}
