//! The pure arrows between Terraform's model and IBM's; no client, clock or log.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;

use super::model::{Metadata, Payload, Rotation, State};
use crate::client::{
    self, IamCredentials, IamCredentialsPatch, IamCredentialsPrototype, JsonObject, KeyOwner,
    NewKey, RotationPolicy, VersionMetadataPatch,
};
use crate::units::rotation::RotationUnit;
use crate::units::ttl::Ttl;

pub(super) type SecretMetadata = client::SecretMetadata<IamCredentials>;
pub(super) type SecretMetadataPatch = client::SecretMetadataPatch<IamCredentials>;
pub(super) type SecretPrototype = client::SecretPrototype<IamCredentials>;
pub(super) type VersionPrototype = client::VersionPrototype<IamCredentials>;
pub(super) type Secret = client::Secret<IamCredentials>;
use crate::framework::value::{TextList, TextMap, Value, known_texts, text};

/// What to create.
pub(super) fn prototype(plan: &State) -> SecretPrototype {
    let metadata = &plan.metadata;
    let owner = match &metadata.access_groups {
        Value::Value(groups) => KeyOwner::AccessGroups(known_texts(groups)),
        // Validation makes sure of one of the two.
        Value::Null | Value::Unknown => KeyOwner::ServiceId(string(&metadata.service_id)),
    };
    SecretPrototype {
        name: string(&metadata.name),
        description: given(&metadata.description),
        secret_group_id: given(&metadata.secret_group_id),
        labels: metadata.labels.as_ref_option().map(|labels| known_texts(labels)),
        custom_metadata: metadata.custom_metadata.as_ref_option().map(json_object),
        version_custom_metadata: plan.version_custom_metadata.as_ref_option().map(json_object),
        own: IamCredentialsPrototype {
            ttl: seconds(&metadata.ttl),
            reuse_api_key: !plan.is_dynamic(),
            owner,
            account_id: given(&metadata.account_id),
            rotation: metadata.rotation.as_ref_option().map(|policies| rotation_policy(policies)),
        },
    }
}

/// What to change about the secret, if anything: only what differs, and what is
/// dropped is emptied.
pub(super) fn patch(prior: &State, plan: &State) -> Option<SecretMetadataPatch> {
    let (before, after) = (&prior.metadata, &plan.metadata);
    let patch = SecretMetadataPatch {
        name: differs(&before.name, &after.name).map(string),
        description: differs(&before.description, &after.description).map(string),
        labels: differs(&before.labels, &after.labels).map(texts),
        custom_metadata: differs(&before.custom_metadata, &after.custom_metadata).map(object),
        own: IamCredentialsPatch {
            ttl: differs(&before.ttl, &after.ttl).map(seconds),
            rotation: differs(&before.rotation, &after.rotation)
                .map(|rotation| rotation_policy(rotation.as_deref_option().unwrap_or_default())),
        },
    };
    (patch != SecretMetadataPatch::default()).then_some(patch)
}

/// What to change about the current version, if anything.
pub(super) fn version_patch(prior: &TextMap, plan: &TextMap) -> Option<VersionMetadataPatch> {
    let version_custom_metadata = object(differs(prior, plan)?);
    Some(VersionMetadataPatch { version_custom_metadata })
}

/// The version that a rotation makes: it carries the user's data on.
pub(super) fn version_prototype(plan: &State) -> VersionPrototype {
    let data = plan.version_custom_metadata.as_ref_option().map(json_object);
    VersionPrototype { version_custom_metadata: data, own: NewKey {} }
}

/// The metadata as the service describes it.
pub(super) fn metadata(secret: SecretMetadata) -> Metadata {
    let state_code = secret.common.state.map(client::SecretState::code);
    let time = |time: Option<client::Timestamp>| time.map(|time| time.to_string()).into();
    let rotation = secret.own.rotation.unwrap_or_default();
    Metadata {
        secret_id: text(secret.common.id),
        secret_type: text(secret.common.secret_type.as_str()),
        name: secret.common.name.into(),
        description: secret.common.description.into(),
        secret_group_id: text(secret.common.secret_group_id),
        labels: text_values(secret.common.labels.unwrap_or_default()),
        ttl: secret.own.ttl.into(),
        access_groups: secret.own.access_groups.map_or(Value::Null, text_values),
        service_id: secret.own.service_id.into(),
        service_id_is_static: secret.own.service_id_is_static.into(),
        account_id: secret.own.account_id.into(),
        reuse_api_key: secret.own.reuse_api_key.into(),
        rotation: Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(rotation.auto_rotate),
            interval: rotation.interval.into(),
            unit: rotation.unit.map(|unit| unit.as_str().to_owned()).into(),
        })]),
        custom_metadata: Value::Value(text_map(secret.common.custom_metadata.unwrap_or_default())),
        api_key_id: secret.own.api_key_id.into(),
        expiration_date: time(secret.common.expiration_date),
        next_rotation_date: time(secret.own.next_rotation_date),
        crn: text(secret.common.crn),
        created_by: text(secret.common.created_by),
        created_at: time(Some(secret.common.created_at)),
        updated_at: time(Some(secret.common.updated_at)),
        retrieved_at: time(secret.own.retrieved_at),
        downloaded: secret.common.downloaded.into(),
        locks_total: secret.common.locks_total.into(),
        versions_total: secret.common.versions_total.into(),
        state: state_code.into(),
        state_description: secret.common.state_description.into(),
    }
}

/// The key of a secret.
pub(super) fn payload(api_key: Option<&SecretString>) -> Payload {
    Payload { api_key: api_key.map(|key| key.expose_secret().to_owned()).into() }
}

/// The user's data about a version; none is an empty map.
pub(super) fn version_metadata(json: Option<JsonObject>) -> BTreeMap<String, Value<String>> {
    text_map(json.unwrap_or_default())
}

fn differs<'a, T: PartialEq>(before: &T, after: &'a T) -> Option<&'a T> {
    (before != after).then_some(after)
}

fn string(value: &Value<String>) -> String {
    given(value).unwrap_or_default()
}

fn given(value: &Value<String>) -> Option<String> {
    value.as_deref_option().map(str::to_owned)
}

fn texts(list: &TextList) -> Vec<String> {
    list.as_deref_option().map(known_texts).unwrap_or_default()
}

fn object(map: &TextMap) -> JsonObject {
    map.as_ref_option().map(json_object).unwrap_or_default()
}

/// Digits and seconds: the form that the service takes in every version.
fn seconds(ttl: &Value<String>) -> Ttl {
    string(ttl).parse().unwrap_or(Ttl::ONE_HOUR)
}

fn rotation_policy(policies: &[Value<Rotation>]) -> RotationPolicy {
    let Some(Value::Value(Rotation { auto_rotate: Value::Value(true), interval, unit })) =
        policies.first()
    else {
        return RotationPolicy::default();
    };
    RotationPolicy {
        auto_rotate: true,
        interval: interval.as_option(),
        unit: unit.as_deref_option().map(|unit| match unit {
            "day" => RotationUnit::Day,
            "month" => RotationUnit::Month,
            other => RotationUnit::Other(other.to_owned()),
        }),
    }
}

fn json_object(map: &BTreeMap<String, Value<String>>) -> JsonObject {
    map.iter()
        .filter_map(|(key, value)| Some((key.clone(), value.as_deref_option()?.into())))
        .collect()
}

/// Metadata may be any JSON; what is not a string is shown as JSON text.
fn text_map(object: JsonObject) -> BTreeMap<String, Value<String>> {
    object
        .into_iter()
        .map(|(key, value)| match value {
            Json::String(value) => (key, text(value)),
            other => (key, text(other.to_string())),
        })
        .collect()
}

fn text_values(items: Vec<String>) -> TextList {
    Value::Value(items.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::framework::value::text_list;

    fn text_object(entries: &[(&str, &str)]) -> TextMap {
        Value::Value(entries.iter().map(|(key, value)| ((*key).to_owned(), text(*value))).collect())
    }

    fn monthly(interval: i64) -> Value<Vec<Value<Rotation>>> {
        Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(true),
            interval: Value::Value(interval),
            unit: text("month"),
        })])
    }

    fn minimal() -> State {
        let mut plan = State::default();
        plan.metadata.name = text("minimal");
        plan.metadata.ttl = text("30m");
        plan.metadata.service_id = text("ServiceId-1");
        plan.metadata.reuse_api_key = Value::Value(true);
        // What the configuration leaves out is unknown in the plan of a create.
        plan.metadata.secret_group_id = Value::Unknown;
        plan.metadata.labels = Value::Unknown;
        plan.metadata.account_id = Value::Unknown;
        plan.metadata.rotation = Value::Unknown;
        plan.metadata.custom_metadata = Value::Unknown;
        plan
    }

    fn full() -> State {
        let mut plan = minimal();
        plan.metadata.name = text("full");
        plan.metadata.description = text("all of it");
        plan.metadata.service_id = Value::Unknown;
        plan.metadata.access_groups = text_list(["AccessGroupId-1", "AccessGroupId-2"]);
        plan.metadata.secret_group_id = text("default");
        plan.metadata.labels = text_list(["dev"]);
        plan.metadata.account_id = text("0123456789abcdef0123456789abcdef");
        plan.metadata.rotation = monthly(1);
        plan.metadata.custom_metadata = text_object(&[("owner", "team-a")]);
        plan.version_custom_metadata = text_object(&[("ticket", "OPS-1")]);
        plan
    }

    #[test]
    fn a_prototype_leaves_out_what_is_unknown_or_null() {
        assert_eq!(
            serde_json::to_value(prototype(&minimal())).unwrap(),
            json!({"secret_type": "iam_credentials", "name": "minimal", "ttl": "1800",
                   "reuse_api_key": true, "service_id": "ServiceId-1"})
        );
    }

    #[test]
    fn a_prototype_says_everything_that_is_given() {
        assert_eq!(
            serde_json::to_value(prototype(&full())).unwrap(),
            json!({"secret_type": "iam_credentials", "name": "full", "ttl": "1800",
                   "reuse_api_key": true,
                   "access_groups": ["AccessGroupId-1", "AccessGroupId-2"],
                   "description": "all of it", "secret_group_id": "default", "labels": ["dev"],
                   "account_id": "0123456789abcdef0123456789abcdef",
                   "rotation": {"auto_rotate": true, "interval": 1, "unit": "month"},
                   "custom_metadata": {"owner": "team-a"},
                   "version_custom_metadata": {"ticket": "OPS-1"}})
        );
    }

    #[test]
    fn a_dynamic_secret_says_so() {
        let mut plan = minimal();
        plan.metadata.reuse_api_key = Value::Value(false);
        assert!(!prototype(&plan).own.reuse_api_key);
    }

    #[test]
    fn a_patch_names_only_what_changes_and_empties_what_is_dropped() {
        let prior = full();
        let off = Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(false),
            ..Rotation::default()
        })]);
        type Change = fn(&mut Metadata);
        let changes: [(Change, Json); 7] = [
            (|m| m.name = text("other"), json!({"name": "other"})),
            (|m| m.description = Value::Null, json!({"description": ""})),
            (|m| m.labels = text_list::<String>([]), json!({"labels": []})),
            (|m| m.ttl = text("90d"), json!({"ttl": "7776000"})),
            (
                |m| m.rotation = monthly(2),
                json!({"rotation": {"auto_rotate": true, "interval": 2, "unit": "month"}}),
            ),
            (|m| m.custom_metadata = text_object(&[]), json!({"custom_metadata": {}})),
            (|m| m.updated_at = Value::Unknown, json!(null)),
        ];
        for (change, expected) in changes {
            let mut plan = prior.clone();
            change(&mut plan.metadata);
            assert_eq!(serde_json::to_value(patch(&prior, &plan)).unwrap(), expected);
        }
        let mut plan = prior.clone();
        plan.metadata.rotation = off;
        assert_eq!(
            serde_json::to_value(patch(&prior, &plan)).unwrap(),
            json!({"rotation": {"auto_rotate": false}})
        );
    }

    #[test]
    fn version_data_is_patched_as_a_whole_and_cleared_when_dropped() {
        let prior = text_object(&[("ticket", "OPS-1")]);
        for (plan, expected) in [
            (text_object(&[("ticket", "OPS-2")]), json!({"ticket": "OPS-2"})),
            (Value::Null, json!({})),
        ] {
            let patch = version_patch(&prior, &plan).unwrap();
            assert_eq!(Json::Object(patch.version_custom_metadata), expected);
        }
        assert_eq!(version_patch(&prior, &prior), None);
    }

    fn answer(more: Json) -> SecretMetadata {
        let mut json = json!({"id": "s", "secret_type": "iam_credentials", "crn": "crn",
            "secret_group_id": "default", "created_by": "iam-1",
            "created_at": "2026-11-24T06:10:04.250Z", "updated_at": "2026-11-24T06:10:05Z"});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_the_service_omits_is_null_or_empty() {
        let metadata = metadata(answer(json!({})));
        assert_eq!(metadata.labels, text_list::<String>([]));
        assert_eq!(metadata.custom_metadata, text_object(&[]));
        assert_eq!(metadata.access_groups, Value::Null);
        assert_eq!(metadata.expiration_date, Value::Null);
        assert_eq!(metadata.state, Value::Null);
        let rotation = Rotation { auto_rotate: Value::Value(false), ..Rotation::default() };
        assert_eq!(metadata.rotation, Value::Value(vec![Value::Value(rotation)]));
    }

    #[test]
    fn times_are_whole_seconds_and_nested_metadata_is_json_text() {
        let metadata = metadata(answer(json!({
            "state": 5, "expiration_date": "2026-11-24T06:40:04Z",
            "custom_metadata": {"plain": "text", "nested": {"a": [1]}, "flag": true}
        })));
        assert_eq!(metadata.created_at, text("2026-11-24T06:10:04Z"));
        assert_eq!(metadata.expiration_date, text("2026-11-24T06:40:04Z"));
        assert_eq!(metadata.state, Value::Value(5));
        assert_eq!(
            metadata.custom_metadata,
            text_object(&[("plain", "text"), ("nested", r#"{"a":[1]}"#), ("flag", "true")])
        );
    }

    #[test]
    fn a_key_is_not_printed() {
        let payload = payload(Some(&SecretString::from("hush-hush")));
        assert_eq!(payload.api_key, text("hush-hush"));
        assert!(!format!("{payload:?}").contains("hush"));
    }
}
