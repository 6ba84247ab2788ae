//! Data sources against an emulator: what they return, and which requests they send.

use ibm_sm_emulator::seed::{
    ACCESS_GROUP_IDS, BOOTSTRAP_SERVICE_ID, ENGINE_API_KEY, INSTANCE_ID, PAGE_SECRET_GROUP_ID,
    READER_API_KEY, STATIC_SERVICE_ID,
};
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::session::{Session, in_instance};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const METADATA: &str = "ibm_sm_iam_credentials_secret_metadata";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";
const GROUP: &str = "ibm_sm_secret_group";
const GROUPS: &str = "ibm_sm_secret_groups";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// An emulator with a configured engine, and a session with it.
async fn set_up() -> (Emulator, Session) {
    let emulator = Emulator::start().await;
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    let session = Session::with(&emulator).await;
    (emulator, session)
}

async fn secret(emulator: &Emulator, more: Value) -> String {
    let mut secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                            "reuse_api_key": true});
    secret.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    emulator.create("secrets", secret).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_group_by_its_id_and_all_groups() {
    let (emulator, mut session) = set_up().await;
    let created = json!({"name": "team-a", "description": "group of team a"});
    let created = emulator.create("secret_groups", created).await;
    let lookup = in_instance(json!({"secret_group_id": created["id"], "endpoint_type": "private"}));
    let (group, diagnostics) = session.read(GROUP, lookup).await;
    assert_eq!(diagnostics, []);
    let id = created["id"].as_str().unwrap();
    let expected = json!({
        "id": format!("us-south/{INSTANCE_ID}/{id}"), "instance_id": INSTANCE_ID,
        "region": "us-south", "endpoint_type": "private", "secret_group_id": id,
        "name": "team-a", "description": "group of team a",
        "created_by": format!("iam-{BOOTSTRAP_SERVICE_ID}"),
        "created_at": created["created_at"], "updated_at": created["updated_at"]
    });
    assert_eq!(group, expected);

    let (groups, diagnostics) = session.read(GROUPS, in_instance(json!({}))).await;
    assert_eq!(diagnostics, []);
    assert_eq!(groups["id"], json!(format!("us-south/{INSTANCE_ID}")));
    assert_eq!(groups["total_count"], json!(3));
    let with_milliseconds = created["created_at"].as_str().unwrap().replace('Z', ".000Z");
    assert_eq!(
        groups["secret_groups"][2],
        json!({"id": id, "name": "team-a", "description": "group of team a",
               "created_at": with_milliseconds, "updated_at": with_milliseconds})
    );
    assert_eq!(groups["secret_groups"][0]["id"], json!("default"));
    assert_eq!(groups["secret_groups"][1]["id"], json!(PAGE_SECRET_GROUP_ID));
}

#[tokio::test]
async fn the_engine_with_its_type_and_its_creator() {
    let (_emulator, mut session) = set_up().await;
    let (engine, diagnostics) = session.read(ENGINE, in_instance(json!({"name": "engine"}))).await;
    assert_eq!(diagnostics, []);
    for (attribute, value) in [
        ("id", json!(format!("us-south/{INSTANCE_ID}/engine"))),
        ("api_key", json!(ENGINE_API_KEY)),
        ("disabled", json!(false)),
        ("config_type", json!("iam_credentials_configuration")),
        ("secret_type", json!("iam_credentials")),
        ("created_by", json!(format!("iam-{BOOTSTRAP_SERVICE_ID}"))),
    ] {
        assert_eq!(engine[attribute], value, "{attribute}");
    }
}

#[tokio::test]
async fn a_secret_is_the_same_by_id_and_by_name() {
    let (emulator, mut session) = set_up().await;
    let team = emulator.create("secret_groups", json!({"name": "team-a"})).await;
    let more = json!({"secret_group_id": team["id"], "labels": ["dev", "eu"],
                      "access_groups": ACCESS_GROUP_IDS, "custom_metadata": {"owner": "a"}});
    let id = secret(&emulator, more).await;
    let (by_id, diagnostics) = session.read(SECRET, in_instance(json!({"secret_id": id}))).await;
    assert_eq!(diagnostics, []);
    for (attribute, value) in [
        ("id", json!(format!("us-south/{INSTANCE_ID}/{id}"))),
        ("name", json!("app")),
        ("secret_group_name", Value::Null),
        ("secret_group_id", team["id"].clone()),
        ("labels", json!(["dev", "eu"])),
        ("access_groups", json!(ACCESS_GROUP_IDS)),
        ("custom_metadata", json!({"owner": "a"})),
        ("ttl", json!("3600")),
        ("service_id_is_static", json!(false)),
        ("rotation", json!([{"auto_rotate": false, "interval": null, "unit": null}])),
    ] {
        assert_eq!(by_id[attribute], value, "{attribute}");
    }
    assert_eq!(by_id["api_key"].as_str().unwrap().len(), 44);

    let lookup = in_instance(json!({"name": "app", "secret_group_name": "team-a"}));
    let (mut by_name, diagnostics) = session.read(SECRET, lookup).await;
    assert_eq!(diagnostics, []);
    assert_eq!(by_name["secret_group_name"], json!("team-a"));
    by_name["secret_group_name"] = Value::Null;
    // Reading changes these times.
    for changed in ["retrieved_at", "updated_at"] {
        by_name[changed] = by_id[changed].clone();
    }
    assert_eq!(by_name, by_id);
}

#[tokio::test]
async fn metadata_has_everything_but_the_key_and_reads_no_value() {
    let (emulator, mut session) = set_up().await;
    for (name, reuse) in [("reused", true), ("dynamic", false)] {
        let more = json!({"name": name, "service_id": STATIC_SERVICE_ID, "reuse_api_key": reuse});
        let id = secret(&emulator, more).await;
        let (metadata, diagnostics) =
            session.read(METADATA, in_instance(json!({"secret_id": id}))).await;
        assert_eq!(diagnostics, []);
        assert_eq!(metadata["name"], json!(name));
        assert_eq!(metadata["reuse_api_key"], json!(reuse));
        assert_eq!(metadata["created_by"], json!(format!("iam-{BOOTSTRAP_SERVICE_ID}")));
        assert_eq!(metadata["downloaded"], json!(false));
        assert!(!metadata.as_object().unwrap().contains_key("api_key"));
    }
    assert_eq!(emulator.journal("get_secret").await.len(), 0);
}

#[tokio::test]
async fn reading_a_dynamic_secret_warns_and_creates_a_key_each_time() {
    let (emulator, mut session) = set_up().await;
    let more = json!({"service_id": STATIC_SERVICE_ID, "reuse_api_key": false});
    let id = secret(&emulator, more).await;
    let mut keys = Vec::new();
    for (lookup, path) in [
        (json!({"secret_id": id}), "secret_id"),
        (json!({"name": "app", "secret_group_name": "default"}), "name"),
    ] {
        let (found, diagnostics) = session.read(SECRET, in_instance(lookup)).await;
        let [diagnostic] = &diagnostics[..] else { panic!("one warning: {diagnostics:?}") };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("warning", path));
        assert_eq!(diagnostic.summary, "Reading this data source creates a new API key");
        assert!(diagnostic.detail.contains("ephemeral resource ibm_sm_iam_credentials_secret"));
        keys.push(found["api_key"].as_str().unwrap().to_owned());
    }
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_locked_dynamic_secret_is_not_read_and_the_error_names_the_lock() {
    let (emulator, mut session) = set_up().await;
    let more = json!({"service_id": STATIC_SERVICE_ID, "reuse_api_key": false});
    let id = secret(&emulator, more).await;
    let lookup = in_instance(json!({"secret_id": id}));
    let (before, _) = session.read(SECRET, lookup.clone()).await;
    assert!(before["api_key"].is_string());
    emulator.lock(&id).await;
    let (found, diagnostics) = session.read(SECRET, lookup).await;
    assert_eq!(found, Value::Null);
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == "error").unwrap();
    assert_eq!(error.summary, format!("Cannot read IAM credentials secret {id}"));
    assert!(error.detail.contains("a lock forbids that: \"app-1\""), "{}", error.detail);
}

#[tokio::test]
async fn a_secret_whose_key_is_gone_for_good_is_a_warning_and_not_a_silent_null() {
    let (emulator, mut session) = set_up().await;
    let id = secret(&emulator, json!({"service_id": STATIC_SERVICE_ID})).await;
    let lookup = in_instance(json!({"secret_id": id}));
    let (read, _) = session.read(SECRET, lookup.clone()).await;
    assert!(read["api_key"].is_string());
    emulator.destroy_leases().await;
    emulator.advance(3_700).await;
    let (found, diagnostics) = session.read(SECRET, lookup).await;
    assert_eq!(found["state"], json!(5));
    assert_eq!(found["api_key"], Value::Null);
    let [diagnostic] = &diagnostics[..] else { panic!("one warning: {diagnostics:?}") };
    assert_eq!(diagnostic.severity, "warning");
    assert_eq!(diagnostic.summary, format!("IAM credentials secret {id} has no key"));
    assert!(diagnostic.detail.contains("(state: destroyed)"), "{}", diagnostic.detail);
}

#[tokio::test]
async fn a_lookup_that_finds_nothing_is_an_error_on_the_attribute_looked_up_by() {
    let (emulator, mut session) = set_up().await;
    secret(&emulator, json!({"service_id": STATIC_SERVICE_ID})).await;
    let by_name = |name: &str, group: &str| json!({"name": name, "secret_group_name": group});
    for (source, lookup, path, next_step) in [
        (SECRET, json!({"secret_id": NOBODY}), "secret_id", "Check secret_id"),
        (METADATA, json!({"secret_id": NOBODY}), "secret_id", "Check secret_id"),
        (SECRET, by_name("ap", "default"), "name", "Check name"),
        (SECRET, by_name("app", "team-a"), "secret_group_name", "Check secret_group_name"),
        (ENGINE, json!({"name": "motor"}), "name", "Check name"),
        (GROUP, json!({"secret_group_id": NOBODY}), "secret_group_id", "Check secret_group_id"),
    ] {
        let (found, diagnostics) = session.read(source, in_instance(lookup.clone())).await;
        assert_eq!(found, Value::Null);
        let [diagnostic] = &diagnostics[..] else {
            panic!("one error for {lookup}: {diagnostics:?}")
        };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("error", path), "{lookup}");
        assert!(diagnostic.summary.starts_with("Cannot read "), "{}", diagnostic.summary);
        assert!(diagnostic.detail.contains(next_step), "{}", diagnostic.detail);
    }
}

#[tokio::test]
async fn a_secret_of_another_type_is_an_error_that_names_both() {
    let (emulator, mut session) = set_up().await;
    let other = json!({"secret_type": "arbitrary", "name": "note", "payload": "x"});
    let other = emulator.create("secrets", other).await;
    for source in [SECRET, METADATA] {
        let (found, diagnostics) =
            session.read(source, in_instance(json!({"secret_id": other["id"]}))).await;
        assert_eq!(found, Value::Null);
        let [diagnostic] = &diagnostics[..] else { panic!("one error: {diagnostics:?}") };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("error", "secret_id"));
        assert!(
            diagnostic.detail.contains("of type arbitrary, and not of type iam_credentials"),
            "{}",
            diagnostic.detail
        );
    }
    assert_eq!(emulator.journal("get_secret").await.len(), 0);
}

#[tokio::test]
async fn a_caller_without_access_is_told_the_role_it_needs() {
    let (emulator, _) = set_up().await;
    let id = secret(&emulator, json!({"service_id": STATIC_SERVICE_ID})).await;
    let mut reader = Session::with_key(&emulator, READER_API_KEY).await;
    for (source, lookup, role) in [
        (SECRET, json!({"secret_id": id}), "SecretsReader"),
        (SECRET, json!({"name": "app", "secret_group_name": "default"}), "SecretsReader"),
        (ENGINE, json!({"name": "engine"}), "Manager"),
    ] {
        let (found, diagnostics) = reader.read(source, in_instance(lookup.clone())).await;
        assert_eq!(found, Value::Null);
        let [diagnostic] = &diagnostics[..] else {
            panic!("one error for {lookup}: {diagnostics:?}")
        };
        let needs = format!("needs the service role {role} on");
        assert!(diagnostic.detail.contains(&needs), "{lookup}: {}", diagnostic.detail);
    }
    let (metadata, diagnostics) =
        reader.read(METADATA, in_instance(json!({"secret_id": id}))).await;
    assert_eq!((metadata["name"].clone(), diagnostics), (json!("app"), vec![]));
}

#[tokio::test]
async fn a_lookup_is_validated_before_any_request() {
    let (emulator, mut session) = set_up().await;
    for (source, lookup, path) in [
        (SECRET, json!({}), "secret_id"),
        (SECRET, json!({"secret_id": NOBODY, "name": "app"}), "name"),
        (SECRET, json!({"name": "app"}), "secret_group_name"),
        (SECRET, json!({"secret_id": "../secrets"}), "secret_id"),
        (SECRET, json!({"name": "a b", "secret_group_name": "default"}), "name"),
        (METADATA, json!({"secret_id": ""}), "secret_id"),
        (ENGINE, json!({"name": "e"}), "name"),
        (GROUP, json!({"secret_group_id": "a/b"}), "secret_group_id"),
        (GROUPS, json!({"endpoint_type": "both"}), "endpoint_type"),
    ] {
        let (_, diagnostics) = session.read(source, in_instance(lookup.clone())).await;
        let paths: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.severity, diagnostic.path.as_str()))
            .collect();
        assert!(paths.contains(&("error", path)), "{lookup}: {paths:?}");
    }
    for operation in ["get_secret_metadata", "list_secrets", "get_secret_group"] {
        assert_eq!(emulator.journal(operation).await.len(), 0);
    }
}
