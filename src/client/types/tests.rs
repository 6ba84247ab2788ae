//! From IBM's JSON to the types and back (ibm-api.md 2.4 to 2.8, appendix A).

use secrecy::ExposeSecret;
use serde_json::{Value, from_value, json, to_value};

use super::*;
use crate::units::rotation::RotationUnit;

fn every(interval: i64, unit: RotationUnit) -> RotationPolicy {
    RotationPolicy { auto_rotate: true, interval: Some(interval), unit: Some(unit) }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

#[test]
fn a_secret_has_common_metadata_own_metadata_and_a_value() {
    let secret: Secret<IamCredentials> = from_value(json!({
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
    assert_eq!(secret.payload.api_key.as_ref().unwrap().expose_secret(), "EXAMPLE-k3y");
    let SecretMetadata { common, own } = &secret.metadata;
    assert_eq!(common.secret_type, IamCredentials::NAME);
    assert_eq!(common.state, Some(SecretState::Active));
    assert_eq!(common.versions_total, Some(2));
    assert_eq!(common.custom_metadata, Some(object(json!({"a": {"b": 1}}))));
    assert_eq!(common.expiration_date.unwrap().to_string(), "2026-04-10T09:00:00Z");
    assert_eq!(own.ttl.as_deref(), Some("7776000"));
    assert_eq!(own.access_groups, None);
    assert_eq!(own.rotation, Some(every(30, RotationUnit::Day)));
    assert_eq!(own.retrieved_at.unwrap().to_string(), "1970-01-01T00:00:00Z");
    assert!(!own.is_dynamic());
    let shown = format!("{secret:?}");
    assert!(shown.contains("ServiceId-6") && !shown.contains("EXAMPLE-k3y"));
}

#[test]
fn an_arbitrary_secret_has_a_payload() {
    let secret: Secret<Arbitrary> = from_value(json!({
        "id": "i", "secret_type": "arbitrary", "name": "text", "secret_group_id": "default",
        "crn": "c", "created_by": "me", "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-01-10T09:00:00Z", "versions_total": 1,
        "expiration_date": "2027-01-10T09:00:00Z", "payload": "s3cret"
    }))
    .unwrap();
    assert_eq!(secret.payload.payload.as_ref().unwrap().expose_secret(), "s3cret");
    assert_eq!(secret.metadata.common.name.as_deref(), Some("text"));
    assert_eq!(secret.metadata.common.expiration_date.unwrap().to_string(), "2027-01-10T09:00:00Z");
    assert_eq!(secret.metadata.own, NothingMore {});
    let shown = format!("{secret:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_secret_of_another_type_can_be_told_apart() {
    let SecretMetadata { common, own }: SecretMetadata<IamCredentials> = from_value(json!({
        "id": "i", "secret_type": "arbitrary", "secret_group_id": "default", "crn": "c",
        "created_by": "me", "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-01-10T09:00:00Z", "versions_total": 1, "state": 4
    }))
    .unwrap();
    assert_eq!(common.secret_type, Arbitrary::NAME);
    assert_eq!(common.state, Some(SecretState::Other(4)));
    assert_eq!(own, IamCredentialsMetadata::default());
}

#[test]
fn only_a_secret_that_does_not_reuse_its_key_is_dynamic() {
    for (reuse_api_key, dynamic) in [(None, false), (Some(true), false), (Some(false), true)] {
        let metadata = IamCredentialsMetadata { reuse_api_key, ..Default::default() };
        assert_eq!(metadata.is_dynamic(), dynamic, "{reuse_api_key:?}");
    }
}

#[test]
fn states_keep_their_numbers() {
    for code in 0..7 {
        assert_eq!(SecretState::from(code).code(), code);
    }
    assert_eq!(SecretState::from(5), SecretState::Destroyed);
}

/// A prototype with nothing optional.
fn prototype<T: SecretType>(own: T::Prototype) -> SecretPrototype<T> {
    SecretPrototype {
        name: "app".to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own,
    }
}

#[test]
fn a_prototype_of_iam_credentials_names_the_owner_and_omits_what_is_not_given() {
    let mut prototype = prototype::<IamCredentials>(IamCredentialsPrototype {
        ttl: "30m".parse().unwrap(),
        reuse_api_key: true,
        owner: KeyOwner::ServiceId("ServiceId-6".to_owned()),
        account_id: None,
        rotation: None,
    });
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1800",
               "reuse_api_key": true, "service_id": "ServiceId-6"})
    );
    prototype.own.owner = KeyOwner::AccessGroups(vec!["AccessGroupId-1".to_owned()]);
    prototype.description = Some("d".to_owned());
    prototype.secret_group_id = Some("default".to_owned());
    prototype.labels = Some(vec!["dev".to_owned()]);
    prototype.own.account_id = Some("0123".to_owned());
    prototype.own.rotation = Some(every(1, RotationUnit::Month));
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
fn the_payload_of_an_arbitrary_secret_is_in_the_body_and_nowhere_else() {
    let mut prototype = prototype::<Arbitrary>(ArbitraryPrototype {
        payload: "s3cret".into(),
        expiration_date: None,
    });
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"secret_type": "arbitrary", "name": "app", "payload": "s3cret"})
    );
    assert_eq!(prototype, prototype.clone());
    let other = ArbitraryPrototype { payload: "other".into(), ..prototype.own.clone() };
    assert_ne!(prototype.own, other);
    prototype.own.expiration_date = Some("2027-01-10T09:00:00Z".to_owned());
    prototype.labels = Some(vec!["dev".to_owned()]);
    assert_eq!(
        to_value(&prototype).unwrap(),
        json!({"secret_type": "arbitrary", "name": "app", "labels": ["dev"], "payload": "s3cret",
               "expiration_date": "2027-01-10T09:00:00Z"})
    );
    let version = VersionPrototype::<Arbitrary> {
        version_custom_metadata: Some(object(json!({"k": "v"}))),
        own: ArbitraryVersionPrototype { payload: "s3cret".into() },
    };
    assert_eq!(
        to_value(&version).unwrap(),
        json!({"version_custom_metadata": {"k": "v"}, "payload": "s3cret"})
    );
    assert_eq!(Arbitrary::prototype_value(&prototype.own).unwrap().expose_secret(), "s3cret");
    assert_eq!(Arbitrary::version_value(&version.own).unwrap().expose_secret(), "s3cret");
    let shown = format!("{prototype:?} {version:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_patch_distinguishes_leave_from_clear() {
    let nothing = SecretMetadataPatch::<IamCredentials>::default();
    assert!(nothing.is_empty());
    assert_eq!(to_value(&nothing).unwrap(), json!({}));
    let patch = SecretMetadataPatch::<IamCredentials> {
        description: Some(String::new()),
        labels: Some(Vec::new()),
        custom_metadata: Some(JsonObject::new()),
        own: IamCredentialsPatch { rotation: Some(RotationPolicy::default()), ttl: None },
        name: None,
    };
    assert!(!patch.is_empty());
    assert_eq!(
        to_value(&patch).unwrap(),
        json!({"description": "", "labels": [], "custom_metadata": {},
               "rotation": {"auto_rotate": false}})
    );
    let ttl = IamCredentialsPatch { ttl: "2h".parse().ok(), rotation: None };
    let patch =
        SecretMetadataPatch::<IamCredentials> { own: ttl, ..SecretMetadataPatch::default() };
    assert!(!patch.is_empty());
    assert_eq!(to_value(&patch).unwrap(), json!({"ttl": "7200"}));
    let expires = ArbitraryPatch { expiration_date: Some(Some("2027-01-10T09:00:00Z".to_owned())) };
    let patch = SecretMetadataPatch::<Arbitrary> { own: expires, ..SecretMetadataPatch::default() };
    assert_eq!(to_value(&patch).unwrap(), json!({"expiration_date": "2027-01-10T09:00:00Z"}));
    let never = ArbitraryPatch { expiration_date: Some(None) };
    assert_eq!(to_value(&never).unwrap(), json!({"expiration_date": null}));
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
fn a_version_has_metadata_and_a_value() {
    let version = |more: Value| {
        let mut version = json!({
            "id": "v", "secret_id": "s", "secret_group_id": "default", "alias": "current",
            "created_by": "me", "created_at": "2026-01-10T08:00:00Z", "payload_available": true,
            "expiration_date": "2026-04-10T08:00:00Z", "version_custom_metadata": {"k": "v"}
        });
        version.as_object_mut().unwrap().extend(object(more));
        version
    };
    let key: Version<IamCredentials> =
        from_value(version(json!({"api_key_id": "ApiKey-1", "api_key": "s3cret"}))).unwrap();
    assert_eq!(key.metadata.id, "v");
    assert_eq!(key.metadata.version_custom_metadata, Some(object(json!({"k": "v"}))));
    assert_eq!(key.metadata.expiration_date.unwrap().to_string(), "2026-04-10T08:00:00Z");
    assert_eq!(key.metadata.own.api_key_id.as_deref(), Some("ApiKey-1"));
    assert_eq!(key.payload.api_key.as_ref().unwrap().expose_secret(), "s3cret");
    let text: Version<Arbitrary> = from_value(version(json!({"payload": "s3cret"}))).unwrap();
    assert_eq!(text.payload.payload.as_ref().unwrap().expose_secret(), "s3cret");
    let shown = format!("{key:?} {text:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let new = VersionPrototype::<IamCredentials> { version_custom_metadata: None, own: NewKey {} };
    assert_eq!(to_value(&new).unwrap(), json!({}));
}
