//! Secrets whose service is gone while their keys live on in IAM: what a refresh says and keeps,
//! what a destroy removes, and what happens when it can do half of it.

use ibm_sm_emulator::seed::{ACCESS_GROUP_IDS, INSTANCE_ID, STATIC_SERVICE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Value, json};

use super::with_engine;
use crate::support::core::{Action, Core, Stored, UNKNOWN, decode, encode};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance, said};

const SECRET: &str = "ibm_sm_iam_credentials_secret";

fn fixed() -> Value {
    in_instance(json!({"name": "app", "ttl": "90d", "service_id": STATIC_SERVICE_ID}))
}

fn generated() -> Value {
    in_instance(json!({"name": "app", "ttl": "90d", "access_groups": [ACCESS_GROUP_IDS[0]]}))
}

async fn core(emulator: &Emulator, cleanup: Value) -> Core {
    let arguments = json!({ "cleanup_iam_on_destroy": cleanup });
    Core::of(Session::with_arguments(emulator, arguments).await, SECRET).await
}

/// A secret whose instance is deleted, and a run that cleans up if `cleanup` says so.
async fn orphan(config: &Value, cleanup: Value) -> (Emulator, Core, Stored) {
    let emulator = with_engine().await;
    let mut core = core(&emulator, cleanup).await;
    let (_, stored) = core.apply(None, config, config).await;
    emulator.delete_instance().await;
    (emulator, core, stored)
}

fn text<'a>(stored: &'a Stored, name: &str) -> &'a str {
    stored.state[name].as_str().unwrap()
}

/// The ids of service IDs and keys in IAM.
async fn in_iam(emulator: &Emulator) -> Vec<String> {
    let iam = emulator.state().await["iam"].take();
    let ids = |table: &str| iam[table].as_array().unwrap().clone();
    let all = [ids("service_ids"), ids("api_keys")].concat();
    all.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_one(said: &[Said], severity: &str, parts: &[&str]) {
    let [one] = said else { panic!("one diagnostic: {said:?}") };
    assert_eq!(one.severity, severity, "{said:?}");
    for part in parts {
        assert!(one.summary.contains(part) || one.detail.contains(part), "no {part:?}: {said:?}");
    }
}

/// The mark of an object that is gone is in the private state of a refresh, and of nothing else.
fn is_marked(stored: &Stored) -> bool {
    String::from_utf8_lossy(&stored.private).contains("gone")
}

#[tokio::test]
async fn whatever_half_of_a_removal_fails_the_next_one_does_the_rest() {
    let of_a_key = ["get_api_key", "unlock_api_key", "delete_api_key"];
    let of_both = [
        "get_service_id",
        "get_api_key",
        "unlock_api_key",
        "unlock_service_id",
        "delete_service_id",
    ];
    for (config, operations) in [(fixed(), &of_a_key[..]), (generated(), &of_both)] {
        for operation in operations {
            for effect in [
                json!({"status": 403}),
                json!({"status": 409}),
                json!({"status": 500}),
                json!({"reset": "before_commit"}),
                json!({"reset": "after_commit"}),
            ] {
                let case = format!("{operation} {effect}");
                let (emulator, mut core, stored) = orphan(&config, json!(true)).await;
                let others: Vec<_> = in_iam(&emulator).await;
                let others: Vec<_> = others
                    .into_iter()
                    .filter(|id| {
                        let own = |name| id == text(&stored, name);
                        !own("api_key_id") && (!own("service_id") || id == STATIC_SERVICE_ID)
                    })
                    .collect();
                let mut fault = effect.clone();
                fault["operation"] = json!(operation);
                emulator.fault(fault).await;
                let (left, said) = core.attempt_destroy(&stored).await;
                let left = left.unwrap_or_else(|| panic!("{case}: it stays in the state"));
                assert_one(
                    &said,
                    "error",
                    &[
                        "Cannot delete what IAM credentials secret \"app\" left in IAM",
                        operation,
                        "Terraform keeps it in the state",
                        text(&stored, "api_key_id"),
                        text(&stored, "service_id"),
                    ],
                );
                assert!(!said[0].detail.contains(text(&stored, "api_key")), "{said:?}");
                emulator.clear_faults().await;
                // A refresh lets go of it if the lost response was that of the last request.
                if let Some(left) = core.refresh(&left).await {
                    assert!(is_marked(&left), "{case}");
                    assert_eq!(core.attempt_destroy(&left).await, (None, vec![]), "{case}");
                }
                assert_eq!(in_iam(&emulator).await, others, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_generated_service_id_without_its_key_is_removed_and_a_key_without_an_owner_is_not() {
    let (emulator, mut core, stored) = orphan(&generated(), json!(true)).await;
    emulator
        .edit(|state| {
            state["iam"]["api_keys"]
                .as_array_mut()
                .unwrap()
                .retain(|key| key["id"] != stored.state["api_key_id"])
        })
        .await;
    let (left, said) = core.refresh_and_listen(&stored).await;
    let service_id = text(&stored, "service_id");
    assert_one(
        &said,
        "warning",
        &[
            "but its service ID still exists",
            &format!("more: the generated service ID {service_id}."),
        ],
    );
    assert_eq!(core.attempt_destroy(&left.unwrap()).await, (None, vec![]));
    assert!(!in_iam(&emulator).await.contains(&service_id.to_owned()));
    // Nothing says that the key is the one that the state means.
    let (emulator, mut core, mut stored) = orphan(&fixed(), json!(true)).await;
    stored.state["service_id"] = Value::Null;
    let (left, said) = core.attempt_destroy(&stored).await;
    assert_eq!(left, None);
    assert_one(
        &said,
        "warning",
        &["belongs to another identity", "service-api-key-delete ApiKey-"],
    );
    assert_eq!(emulator.engine_keys().await, 1);
}

#[tokio::test]
async fn what_the_engine_did_not_name_is_left_alone() {
    for (config, table, id) in [
        (fixed(), "api_keys", "api_key_id"),
        (generated(), "api_keys", "api_key_id"),
        (generated(), "service_ids", "service_id"),
    ] {
        let (emulator, mut core, stored) = orphan(&config, json!(true)).await;
        emulator
            .edit(|state| {
                let keys = state["iam"]["api_keys"].as_array_mut().unwrap();
                if table == "service_ids" {
                    keys.retain(|key| key["id"] != stored.state["api_key_id"]);
                }
                let rows = state["iam"][table].as_array_mut().unwrap();
                let row = rows.iter_mut().find(|row| row["id"] == stored.state[id]).unwrap();
                row["name"] = json!("mine");
            })
            .await;
        let before = in_iam(&emulator).await;
        let (left, said) = core.attempt_destroy(&stored).await;
        assert_eq!(left, None, "there is nothing more to try");
        assert_one(&said, "warning", &["It is not removed", "it was renamed", text(&stored, id)]);
        assert_eq!(in_iam(&emulator).await, before);
        for changed in
            ["unlock_api_key", "unlock_service_id", "delete_api_key", "delete_service_id"]
        {
            assert_eq!(emulator.journal(changed).await, [Value::Null; 0]);
        }
    }
}

#[tokio::test]
async fn a_secret_that_comes_back_is_managed_as_before() {
    let config = generated();
    let emulator = with_engine().await;
    let mut core = core(&emulator, json!(true)).await;
    let (_, stored) = core.apply(None, &config, &config).await;
    let whole = emulator.state().await;
    emulator.delete_instance().await;
    let gone = core.refresh(&stored).await.unwrap();
    assert_eq!(gone.state, stored.state);
    assert!(is_marked(&gone));
    emulator.edit(|state| *state = whole).await;
    let back = core.refresh(&gone).await.unwrap();
    assert_eq!(back, stored, "the mark is gone");
    assert_eq!(core.apply(Some(&back), &config, &config).await.0, Action::Nothing);
}

#[tokio::test]
async fn what_is_gone_is_replaced_as_a_whole_and_its_credentials_with_it() {
    for config in [fixed(), generated()] {
        let (emulator, mut core, stored) = orphan(&config, json!(true)).await;
        let gone = core.refresh(&stored).await.unwrap();
        let instance = json!({"id": INSTANCE_ID, "region": "us-south",
            "account_id": "0123456789abcdef0123456789abcdef", "created_at": "2026-01-01T00:00:00Z"});
        emulator
            .edit(|state| {
                state["secrets_manager"]["instances"] = json!([instance]);
            })
            .await;
        let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                            "api_key": ibm_sm_emulator::seed::ENGINE_API_KEY});
        emulator.create("configurations", engine).await;
        // Terraform core's rules are checked on the way.
        let (action, new) = core.apply(Some(&gone), &config, &config).await;
        assert_eq!(action, Action::Replace);
        assert!(!is_marked(&new));
        for name in ["secret_id", "api_key_id", "api_key"] {
            assert_ne!(new.state[name], stored.state[name], "{name}");
        }
        assert_eq!(emulator.engine_keys().await, 1);
    }
}

#[tokio::test]
async fn it_can_be_switched_on_after_the_warning() {
    let (emulator, mut off, stored) = orphan(&fixed(), Value::Null).await;
    let (left, said) = off.refresh_and_listen(&stored).await;
    assert_eq!(left, None);
    assert_one(&said, "warning", &["set cleanup_iam_on_destroy = true", "if it was rotated"]);
    let mut on = core(&emulator, json!(true)).await;
    let left = on.refresh(&stored).await.unwrap();
    assert_eq!(on.attempt_destroy(&left).await, (None, vec![]));
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn as_long_as_it_is_unknown_nothing_is_lost_and_nothing_removed() {
    let (emulator, mut core, stored) = orphan(&fixed(), json!(UNKNOWN)).await;
    let left = core.refresh(&stored).await.expect("the apply may know it");
    assert!(is_marked(&left));
    let (left, said) = core.attempt_destroy(&left).await;
    assert_eq!(left, None);
    assert_one(&said, "warning", &["still exists", "If nobody needs this any more, delete it:"]);
    assert_eq!(emulator.engine_keys().await, 1);
}

#[tokio::test]
async fn a_destroy_without_a_refresh_warns_of_what_it_leaves() {
    for cleanup in [Value::Null, json!(false)] {
        let (emulator, mut core, stored) = orphan(&fixed(), cleanup).await;
        let (left, said) = core.attempt_destroy(&stored).await;
        assert_eq!(left, None);
        assert_one(&said, "warning", &["still exists", "service-api-key-delete ApiKey-"]);
        emulator.fault(json!({"operation": "get_api_key", "status": 403})).await;
        let (left, said) = core.attempt_destroy(&stored).await;
        assert_eq!(left, None);
        assert_one(
            &said,
            "warning",
            &["may still exist", "the platform role Viewer on IAM Identity"],
        );
    }
}

#[tokio::test]
async fn while_iam_cannot_be_asked_a_secret_is_kept_for_its_cleanup() {
    let (emulator, mut core, stored) = orphan(&fixed(), json!(true)).await;
    emulator.fault(json!({"operation": "get_api_key", "status": 403})).await;
    let (left, said) = core.refresh_and_listen(&stored).await;
    assert!(is_marked(&left.unwrap()));
    assert_one(&said, "warning", &["may still exist", "cleanup_iam_on_destroy is set"]);
}

#[tokio::test]
async fn a_refresh_that_is_interrupted_while_it_asks_keeps_the_secret() {
    let (emulator, _, stored) = orphan(&fixed(), Value::Null).await;
    let session = Session::with_arguments(&emulator, json!({"max_retries": 10})).await;
    emulator.fault(json!({"operation": "get_api_key", "status": 503, "retry_after": 60})).await;
    let request = proto::read_resource::Request {
        type_name: SECRET.to_owned(),
        current_state: Some(encode(&stored.state)),
        private: stored.private.clone(),
        ..Default::default()
    };
    let mut waiting = session.provider.clone();
    let refresh = tokio::spawn(async move { waiting.read_resource(request).await });
    while emulator.journal("get_api_key").await.is_empty() {
        assert!(!refresh.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
    let mut host = session.provider.clone();
    host.stop_provider(proto::stop_provider::Request {}).await.unwrap();
    let answer = refresh.await.unwrap().unwrap().into_inner();
    assert_eq!(decode(answer.new_state.as_ref()), stored.state);
    assert_eq!(answer.private, stored.private);
    assert_one(&said(answer.diagnostics), "error", &["Cannot read", "The run was interrupted"]);
}

#[tokio::test]
async fn a_destroy_that_finds_everything_in_order_asks_only_if_it_is_to_clean_up() {
    for (config, cleanup, asked) in [
        (fixed(), json!(false), [0, 0]),
        (generated(), Value::Null, [0, 0]),
        (fixed(), json!(true), [1, 0]),
        (generated(), json!(true), [0, 1]),
    ] {
        let emulator = with_engine().await;
        let mut core = core(&emulator, cleanup).await;
        let (_, stored) = core.apply(None, &config, &config).await;
        assert_eq!(core.attempt_destroy(&stored).await, (None, vec![]));
        let counted = [
            emulator.journal("get_api_key").await.len(),
            emulator.journal("get_service_id").await.len(),
        ];
        assert_eq!(counted, asked);
    }
}
