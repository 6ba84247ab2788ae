//! IBM's JSON in, our types out, and the other way round (ibm-api.md 2.4 to 2.8, appendix A).

use secrecy::ExposeSecret;
use serde_json::{Value, from_value, json, to_value};

use super::*;

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

#[test]
fn a_secret_is_its_metadata_and_a_value_apart() {
    let secret: Secret = from_value(json!({
        "id": "fedcba98-7654-4321-8fed-cba987654321", "secret_type": "iam_credentials",
        "name": "example", "description": "…", "secret_group_id": "default", "labels": ["dev"],
        "crn": "crn:v1:…", "created_by": "iam-ServiceId-b", "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-01-10T09:00:05Z", "retrieved_at": "1970-01-01T00:00:00Z",
        "downloaded": true, "custom_metadata": {"a": {"b": 1}}, "locks_total": 0,
        "versions_total": 2, "state": 1, "state_description": "active", "ttl": "7776000",
        "reuse_api_key": true, "service_id": "ServiceId-6", "service_id_is_static": true,
        "api_key_id": "ApiKey-1", "api_key": "EXAMPLE-k3y", "expiration_date": "2026-04-10T09:00:00Z",
        "rotation": {"auto_rotate": true, "interval": 30, "unit": "day"},
        "next_rotation_date": "2026-02-09T09:00:00Z", "a_field_of_next_year": [1]
    }))
    .unwrap();
    assert_eq!(secret.api_key.as_ref().unwrap().expose_secret(), "EXAMPLE-k3y");
    let metadata = &secret.metadata;
    assert_eq!(metadata.secret_type, SecretType::IamCredentials);
    assert_eq!(metadata.state, Some(SecretState::Active));
    assert_eq!(metadata.versions_total, Some(2));
    assert_eq!(metadata.ttl.as_deref(), Some("7776000"));
    assert_eq!(metadata.access_groups, None);
    assert_eq!(
        metadata.rotation,
        Some(RotationPolicy {
            auto_rotate: true,
            interval: Some(30),
            unit: Some(RotationUnit::Day),
        })
    );
    assert_eq!(metadata.custom_metadata, Some(object(json!({"a": {"b": 1}}))));
    let shown = format!("{secret:?}");
    assert!(shown.contains("ServiceId-6") && !shown.contains("EXAMPLE-k3y"));
}

#[test]
fn a_secret_of_another_kind_can_be_told_apart() {
    let metadata: SecretMetadata = from_value(json!({
        "id": "i", "secret_type": "arbitrary", "secret_group_id": "default", "crn": "c",
        "created_by": "me", "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-01-10T09:00:00Z", "versions_total": 1, "state": 4
    }))
    .unwrap();
    assert_eq!(metadata.secret_type, SecretType::Other("arbitrary".to_owned()));
    assert_eq!(metadata.secret_type.as_str(), "arbitrary");
    assert_eq!(metadata.state, Some(SecretState::Other(4)));
    assert_eq!((metadata.ttl, metadata.rotation), (None, None));
}

#[test]
fn states_keep_their_numbers() {
    for code in 0..7 {
        assert_eq!(SecretState::from(code).code(), code);
    }
    assert_eq!(SecretState::from(5), SecretState::Destroyed);
}

#[test]
fn a_prototype_says_whose_key_it_is_and_leaves_out_what_is_not_given() {
    let mut prototype = SecretPrototype {
        name: "app".to_owned(),
        ttl: "1800".to_owned(),
        reuse_api_key: true,
        owner: KeyOwner::ServiceId("ServiceId-6".to_owned()),
        description: None,
        secret_group_id: None,
        labels: None,
        account_id: None,
        rotation: None,
        custom_metadata: None,
        version_custom_metadata: None,
    };
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1800",
               "reuse_api_key": true, "service_id": "ServiceId-6"})
    );
    prototype.owner = KeyOwner::AccessGroups(vec!["AccessGroupId-1".to_owned()]);
    prototype.description = Some("d".to_owned());
    prototype.secret_group_id = Some("default".to_owned());
    prototype.labels = Some(vec!["dev".to_owned()]);
    prototype.account_id = Some("0123".to_owned());
    prototype.rotation = Some(RotationPolicy {
        auto_rotate: true,
        interval: Some(1),
        unit: Some(RotationUnit::Month),
    });
    prototype.custom_metadata = Some(object(json!({"owner": "team-a"})));
    prototype.version_custom_metadata = Some(object(json!({"ticket": "OPS-1"})));
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1800",
               "reuse_api_key": true, "access_groups": ["AccessGroupId-1"], "description": "d",
               "secret_group_id": "default", "labels": ["dev"], "account_id": "0123",
               "rotation": {"auto_rotate": true, "interval": 1, "unit": "month"},
               "custom_metadata": {"owner": "team-a"},
               "version_custom_metadata": {"ticket": "OPS-1"}})
    );
}

#[test]
fn a_patch_tells_leave_from_clear() {
    assert_eq!(to_value(SecretMetadataPatch::default()).unwrap(), json!({}));
    assert_eq!(
        to_value(SecretMetadataPatch {
            description: Some(String::new()),
            labels: Some(Vec::new()),
            custom_metadata: Some(JsonObject::new()),
            rotation: Some(RotationPolicy::default()),
            ..SecretMetadataPatch::default()
        })
        .unwrap(),
        json!({"description": "", "labels": [], "custom_metadata": {},
               "rotation": {"auto_rotate": false}})
    );
    assert_eq!(
        to_value(VersionMetadataPatch::default()).unwrap(),
        json!({"version_custom_metadata": {}})
    );
    assert_eq!(to_value(SecretGroupPatch::default()).unwrap(), json!({}));
    assert_eq!(to_value(ConfigurationPatch::default()).unwrap(), json!({}));
}

#[test]
fn the_engine_key_is_in_the_body_and_nowhere_else() {
    let prototype = ConfigurationPrototype {
        name: "engine".to_owned(),
        api_key: "s3cret".into(),
        disabled: false,
    };
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"config_type": "iam_credentials_configuration", "name": "engine",
               "api_key": "s3cret", "disabled": false})
    );
    let patch = ConfigurationPatch { api_key: Some("s3cret".into()), disabled: Some(true) };
    assert_eq!(to_value(&patch).unwrap(), json!({"api_key": "s3cret", "disabled": true}));
    let configuration: Configuration = from_value(json!({
        "config_type": "iam_credentials_configuration", "name": "engine",
        "secret_type": "iam_credentials", "created_by": "me",
        "created_at": "2026-01-10T08:00:00Z", "updated_at": "2026-01-10T08:00:00Z",
        "disabled": false, "api_key": "s3cret"
    }))
    .unwrap();
    assert_eq!(configuration.metadata.config_type, ConfigurationType::IamCredentialsConfiguration);
    assert_eq!(configuration.api_key.as_ref().unwrap().expose_secret(), "s3cret");
    let shown = format!("{prototype:?} {patch:?} {configuration:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_version_knows_its_place() {
    let alias = |alias: Value| {
        let version: VersionMetadata = from_value(json!({
            "id": "v", "secret_id": "s", "secret_type": "iam_credentials",
            "secret_group_id": "default", "alias": alias, "created_by": "me",
            "created_at": "2026-01-10T08:00:00Z", "payload_available": false,
            "version_custom_metadata": {"k": "v"}
        }))
        .unwrap();
        assert_eq!(version.version_custom_metadata, Some(object(json!({"k": "v"}))));
        version.alias
    };
    assert_eq!(alias(json!("current")), Some(VersionAlias::Current));
    assert_eq!(alias(json!("previous")), Some(VersionAlias::Previous));
    assert_eq!(alias(json!("oldest")), Some(VersionAlias::Other("oldest".to_owned())));
    assert_eq!(alias(Value::Null), None);
}
