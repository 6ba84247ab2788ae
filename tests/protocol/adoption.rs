//! Creates whose name is taken: the error says how to import what has it, and
//! `adopt_existing` adopts it, unless that would be a guess.

use ibm_sm_emulator::seed::{ACCESS_GROUP_IDS, ENGINE_API_KEY, STATIC_SERVICE_ID, USER_API_KEY};
use serde_json::{Map, Value, json};

use super::with_engine;
use crate::support::core::{Action, Core};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const TEXT: &str = "ibm_sm_arbitrary_secret";
const GROUP: &str = "ibm_sm_secret_group";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";

async fn core(emulator: &Emulator, resource: &'static str, adopt: bool) -> Core {
    let arguments = json!({ "adopt_existing": adopt });
    Core::of(Session::with_arguments(emulator, arguments).await, resource).await
}

/// The configuration with other values for some attributes.
fn with(config: &Value, changes: Value) -> Value {
    let mut config: Map<_, _> = config.as_object().unwrap().clone();
    config.extend(changes.as_object().unwrap().clone());
    Value::Object(config)
}

fn full_secret() -> Value {
    in_instance(json!({
        "name": "app", "description": "one", "ttl": "90d", "service_id": STATIC_SERVICE_ID,
        "labels": ["a1"], "custom_metadata": {"team": "ops"},
        "version_custom_metadata": {"ticket": "1"},
        "rotation": [{"auto_rotate": true, "interval": 1, "unit": "day"}],
    }))
}

fn full_text() -> Value {
    in_instance(json!({"name": "text", "payload": "hush", "labels": ["a1"]}))
}

fn only_error(said: &[Said]) -> &str {
    let [Said { severity: "error", path, detail, .. }] = said else {
        panic!("one error: {said:?}")
    };
    assert_eq!(path, "name");
    detail
}

/// Creates this in a run that is killed before it could write its state.
async fn leave_behind(emulator: &Emulator, resource: &'static str, config: &Value) -> Value {
    let (created, said) = core(emulator, resource, false).await.attempt(None, config).await;
    assert_eq!(said.iter().find(|said| said.severity == "error"), None);
    created.unwrap().state
}

#[tokio::test]
async fn what_has_the_name_can_be_imported_as_the_error_says() {
    for (resource, config, status) in [
        (SECRET, full_secret(), 409),
        (TEXT, full_text(), 409),
        (GROUP, in_instance(json!({"name": "team"})), 409),
        (ENGINE, in_instance(json!({"name": "engine", "api_key": ENGINE_API_KEY})), 400),
    ] {
        let emulator =
            if resource == ENGINE { Emulator::start().await } else { with_engine().await };
        let left = leave_behind(&emulator, resource, &config).await;
        let (stored, said) = core(&emulator, resource, false).await.attempt(None, &config).await;
        assert_eq!(stored, None);
        let detail = only_error(&said);
        let id = left["id"].as_str().unwrap();
        for part in [
            format!("answered {status}"),
            format!("`terraform import ADDRESS {id}`"),
            format!("\n\n  import {{\n    to = ADDRESS\n    id = \"{id}\"\n  }}\n\n"),
            format!("created at {}", left["created_at"].as_str().unwrap()),
            "as whom this run works".to_owned(),
        ] {
            assert!(detail.contains(&part), "{resource}: no {part:?} in {detail}");
        }
        assert!(!detail.contains("adopt_existing"), "{detail}");
    }
}

#[tokio::test]
async fn without_a_lookup_the_error_still_says_what_to_do() {
    let emulator = with_engine().await;
    for (resource, config, lookup) in [
        (SECRET, full_secret(), "list_secrets"),
        (TEXT, full_text(), "list_secrets"),
        (GROUP, in_instance(json!({"name": "team"})), "list_secret_groups"),
    ] {
        leave_behind(&emulator, resource, &config).await;
        emulator.fault(json!({"operation": lookup, "status": 403})).await;
        let (_, said) = core(&emulator, resource, true).await.attempt(None, &config).await;
        let detail = only_error(&said);
        assert!(detail.contains("terraform import") && !detail.contains("ADDRESS"), "{detail}");
    }
}

#[tokio::test]
async fn what_a_killed_run_left_is_adopted_on_request() {
    for (resource, config) in [
        (SECRET, full_secret()),
        (
            SECRET,
            in_instance(json!({"name": "app", "ttl": "1800", "access_groups": ACCESS_GROUP_IDS})),
        ),
        (TEXT, full_text()),
        (GROUP, in_instance(json!({"name": "team", "description": "all of it"}))),
        (ENGINE, in_instance(json!({"name": "engine", "api_key": ENGINE_API_KEY}))),
    ] {
        let emulator =
            if resource == ENGINE { Emulator::start().await } else { with_engine().await };
        let left = leave_behind(&emulator, resource, &config).await;
        let mut core = core(&emulator, resource, true).await;
        // Also checks that the plan after it is empty.
        let (action, stored) = core.apply(None, &config, &config).await;
        assert_eq!(action, Action::Create);
        assert_eq!(stored.state["id"], left["id"]);
        if resource == SECRET {
            assert_eq!(stored.state["api_key"], left["api_key"]);
        }
    }
}

#[tokio::test]
async fn a_create_whose_response_was_lost_is_adopted_on_request() {
    let emulator = with_engine().await;
    emulator.fault(json!({"operation": "create_secret", "reset": "after_commit"})).await;
    let mut core = core(&emulator, SECRET, true).await;
    let (_, stored) = core.apply(None, &full_secret(), &full_secret()).await;
    assert!(stored.state["api_key"].is_string());
    assert_eq!(emulator.journal("create_secret").await.len(), 1);
}

#[tokio::test]
async fn what_differs_is_not_adopted() {
    let secret = full_secret();
    let text = full_text();
    let group = in_instance(json!({"name": "team", "description": "one"}));
    let off = json!([{"auto_rotate": false, "interval": null, "unit": null}]);
    let other_group = "01234567-89ab-4cde-8f01-23456789abcd";
    for (resource, left, attribute, changed) in [
        (SECRET, &secret, "description", json!("two")),
        (SECRET, &secret, "description", Value::Null),
        (SECRET, &secret, "ttl", json!("80d")),
        (SECRET, &secret, "labels", json!(["a1", "b2"])),
        (SECRET, &secret, "labels", Value::Null),
        (SECRET, &secret, "custom_metadata", json!({"team": "dev"})),
        (SECRET, &secret, "version_custom_metadata", json!({"ticket": "2"})),
        (SECRET, &secret, "secret_group_id", json!(other_group)),
        (SECRET, &secret, "service_id", json!("ServiceId-00000000-0000-4000-8000-000000000000")),
        (SECRET, &secret, "rotation", off),
        (SECRET, &secret, "rotation", Value::Null),
        (TEXT, &text, "payload", json!("other")),
        (TEXT, &text, "labels", json!(["b2"])),
        (TEXT, &text, "expiration_date", json!("2099-01-01T00:00:00Z")),
        (GROUP, &group, "description", json!("two")),
    ] {
        let emulator = with_engine().await;
        leave_behind(&emulator, resource, left).await;
        let wanted = with(left, json!({ attribute: changed }));
        // Some of these the service would refuse before it looks at the name.
        emulator.fault(json!({"method": "POST", "path": "/api/v2/", "status": 409})).await;
        let (stored, said) = core(&emulator, resource, true).await.attempt(None, &wanted).await;
        assert_eq!(stored, None, "{attribute} = {changed}");
        let why = format!("it is not adopted: its {attribute} is not as configured.");
        assert!(only_error(&said).contains(&why), "{resource}.{attribute} = {changed}: {said:?}");
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_compared_is_not_adopted() {
    for (resource, config, attribute) in [
        (
            TEXT,
            json!({"name": "text", "payload_wo": "hush", "payload_wo_version": "1"}),
            "payload_wo",
        ),
        (
            ENGINE,
            json!({"name": "engine", "api_key_wo": ENGINE_API_KEY, "api_key_wo_version": "1"}),
            "api_key_wo",
        ),
    ] {
        let emulator = Emulator::start().await;
        let config = in_instance(config);
        leave_behind(&emulator, resource, &config).await;
        let (stored, said) = core(&emulator, resource, true).await.attempt(None, &config).await;
        assert_eq!(stored, None);
        let why = format!("its {attribute} cannot be compared");
        assert!(only_error(&said).contains(&why), "{said:?}");
        for read in ["get_secret", "get_configuration"] {
            assert_eq!(emulator.journal(read).await, [Value::Null; 0]);
        }
    }
}

#[tokio::test]
async fn what_may_be_another_s_is_not_adopted() {
    // Somebody else's.
    let emulator = with_engine().await;
    let config = full_secret();
    let mut other = Core::of(Session::with_key(&emulator, USER_API_KEY).await, SECRET).await;
    let (_, stored) = other.apply(None, &config, &config).await;
    let (_, said) = core(&emulator, SECRET, true).await.attempt(None, &config).await;
    let detail = only_error(&said);
    assert!(detail.contains("not adopted: somebody else created it"), "{detail}");
    assert!(!detail.contains("as whom this run works"), "{detail}");
    other.destroy(&stored).await;
    // Another resource's in the same run.
    let mut run = core(&emulator, SECRET, true).await;
    let (_, stored) = run.apply(None, &config, &config).await;
    let (_, said) = run.attempt(None, &config).await;
    assert!(only_error(&said).contains("another resource of this run manages it"), "{said:?}");
    // An old one.
    emulator.advance(86_401).await;
    let (_, said) = core(&emulator, SECRET, true).await.attempt(None, &config).await;
    assert!(only_error(&said).contains("not created within the last day"), "{said:?}");
    run.destroy(&stored).await;
}

#[tokio::test]
async fn what_is_being_replaced_is_not_adopted() {
    let emulator = with_engine().await;
    let config = full_secret();
    let mut run = core(&emulator, SECRET, true).await;
    let (_, stored) = run.apply(None, &config, &config).await;
    // A create before the destroy, in the process that applies.
    let replaced = with(&config, json!({"service_id": null, "access_groups": ACCESS_GROUP_IDS}));
    let mut run = core(&emulator, SECRET, true).await;
    let (_, said) = run.attempt(Some(&stored), &replaced).await;
    assert!(only_error(&said).contains("the object that this one replaces"), "{said:?}");
}
