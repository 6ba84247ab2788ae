//! New versions whose response is lost: the next look at the service tells whether
//! there is one, and no version is made twice.

use ibm_sm_emulator::seed::{STATIC_SERVICE_ID, USER_API_KEY};
use serde_json::{Value, json};

use super::with_engine;
use crate::support::core::{Action, Core, Stored};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const TEXT: &str = "ibm_sm_arbitrary_secret";
const LOST: [&str; 4] = [
    r#"{"reset": "after_commit"}"#,
    r#"{"body": "truncated"}"#,
    r#"{"body": "invalid_json"}"#,
    r#"{"reset": "before_commit", "times": 1}"#,
];

fn secret(trigger: &str) -> Value {
    in_instance(json!({"name": "app", "ttl": "90d", "service_id": STATIC_SERVICE_ID,
                       "rotation_triggers": {"reason": trigger}}))
}

async fn fault(emulator: &Emulator, operation: &str, effect: &str) {
    let mut fault: Value = serde_json::from_str(effect).unwrap();
    fault["operation"] = json!(operation);
    emulator.fault(fault).await;
}

async fn rotations(emulator: &Emulator) -> usize {
    emulator.journal("create_secret_version").await.len()
}

/// The only error, of a rotation that nobody knows the outcome of.
fn assert_not_known(said: &[Said]) {
    let [Said { severity: "error", detail, .. }] = said else { panic!("one error: {said:?}") };
    let parts = ["create_version", "whether it took effect is not known", "Apply again"];
    assert!(parts.iter().all(|part| detail.contains(part)), "{detail}");
}

/// A secret, and a rotation of it whose outcome could not be found out.
async fn uncertain(emulator: &Emulator, core: &mut Core, effect: &str) -> (Stored, Stored) {
    let (_, before) = core.apply(None, &secret("a"), &secret("a")).await;
    fault(emulator, "create_secret_version", effect).await;
    emulator.fault(json!({"operation": "get_secret_metadata", "status": 500, "nth": 2})).await;
    let (after, said) = core.attempt(Some(&before), &secret("b")).await;
    assert_not_known(&said);
    emulator.clear_faults().await;
    let after = after.unwrap();
    assert_eq!(after.state["rotation_triggers"], json!({"reason": "a"}), "not adopted yet");
    let after = core.refresh(&after).await.unwrap();
    (before, after)
}

#[tokio::test]
async fn a_rotation_whose_response_is_lost_is_done_once() {
    for effect in LOST {
        for store_api_key in [true, false] {
            let emulator = with_engine().await;
            let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
            let with = |trigger| {
                let mut config = secret(trigger);
                config["store_api_key"] = json!(store_api_key);
                config
            };
            let (_, before) = core.apply(None, &with("a"), &with("a")).await;
            fault(&emulator, "create_secret_version", effect).await;
            let (action, after) = core.apply(Some(&before), &with("b"), &with("b")).await;
            assert_eq!(action, Action::Update);
            let sent = if effect.contains("before") { 2 } else { 1 };
            assert_eq!(rotations(&emulator).await, sent, "{effect}");
            let versions = |of: &Stored| of.state["versions_total"].as_i64().unwrap();
            assert_eq!(versions(&after), versions(&before) + 1, "{effect}");
            assert_ne!(after.state["api_key_id"], before.state["api_key_id"]);
            assert_eq!(after.state["api_key"].is_string(), store_api_key);
            if store_api_key {
                assert_ne!(after.state["api_key"], before.state["api_key"]);
            } else {
                assert_eq!(emulator.journal("get_secret").await, [Value::Null; 0]);
            }
        }
    }
}

#[tokio::test]
async fn a_rotation_that_turned_out_to_be_done_is_not_done_again() {
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
    let (before, after) = uncertain(&emulator, &mut core, LOST[0]).await;
    assert_ne!(after.state["api_key"], before.state["api_key"], "the refresh has read it");
    let (done, said) = core.attempt(Some(&after), &secret("b")).await;
    assert_eq!(said, []);
    let done = done.unwrap();
    assert_eq!(rotations(&emulator).await, 1);
    assert_eq!(done.state["api_key_id"], after.state["api_key_id"]);
    assert_eq!(done.state["rotation_triggers"], json!({"reason": "b"}));
    let private = String::from_utf8(done.private.clone()).unwrap();
    assert!(!private.contains("note"), "{private}");
    // The next trigger is a new occasion, also back to the one before.
    let (_, again) = core.apply(Some(&done), &secret("a"), &secret("a")).await;
    core.apply(Some(&again), &secret("b"), &secret("b")).await;
    assert_eq!(rotations(&emulator).await, 3);
}

#[tokio::test]
async fn a_rotation_that_turned_out_not_to_be_done_is_done_then() {
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
    let (before, after) = uncertain(&emulator, &mut core, r#"{"reset": "before_commit"}"#).await;
    assert_eq!(after.state["api_key"], before.state["api_key"]);
    let (done, said) = core.attempt(Some(&after), &secret("b")).await;
    assert_eq!(said, []);
    assert_eq!(rotations(&emulator).await, 2);
    assert_ne!(done.unwrap().state["api_key"], before.state["api_key"]);
}

#[tokio::test]
async fn without_an_answer_the_next_apply_does_not_rotate_either() {
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
    let (_, after) = uncertain(&emulator, &mut core, LOST[0]).await;
    emulator.fault(json!({"operation": "get_secret_version_metadata", "status": 500})).await;
    let (still, said) = core.attempt(Some(&after), &secret("b")).await;
    assert!(said[0].detail.contains("Apply again"), "{said:?}");
    emulator.clear_faults().await;
    let (_, said) = core.attempt(still.as_ref(), &secret("b")).await;
    assert_eq!((said, rotations(&emulator).await), (vec![], 1));
}

#[tokio::test]
async fn another_occasion_rotates_and_so_does_the_same_one_much_later() {
    for (trigger, seconds) in [("c", 0), ("b", 86_500)] {
        let emulator = with_engine().await;
        let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
        let (_, after) = uncertain(&emulator, &mut core, LOST[0]).await;
        emulator.advance(seconds).await;
        let (_, said) = core.attempt(Some(&after), &secret(trigger)).await;
        assert_eq!((said, rotations(&emulator).await), (vec![], 2), "{trigger}");
    }
}

#[tokio::test]
async fn a_version_of_somebody_else_does_not_count() {
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with_key(&emulator, USER_API_KEY).await, SECRET).await;
    let (_, after) = uncertain(&emulator, &mut core, r#"{"reset": "before_commit"}"#).await;
    let id = after.state["secret_id"].as_str().unwrap().to_owned();
    emulator.create(&format!("secrets/{id}/versions"), json!({})).await;
    let (done, said) = core.attempt(Some(&after), &secret("b")).await;
    assert_eq!(said, []);
    assert_eq!(rotations(&emulator).await, 3);
    assert!(done.unwrap().state["api_key"].is_string());
}

#[tokio::test]
async fn an_early_renewal_of_unknown_outcome_is_settled_by_the_refresh() {
    let emulator = with_engine().await;
    let config = in_instance(json!({"name": "app", "ttl": "1h", "service_id": STATIC_SERVICE_ID,
                                    "early_renewal": "30m"}));
    let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
    let (_, before) = core.apply(None, &config, &config).await;
    emulator.advance(1_900).await;
    let due = core.refresh(&before).await.unwrap();
    assert_eq!(due.state["ready_for_renewal"], json!(true));
    fault(&emulator, "create_secret_version", LOST[0]).await;
    emulator.fault(json!({"operation": "get_secret_metadata", "status": 500, "nth": 2})).await;
    let (after, said) = core.attempt(Some(&due), &config).await;
    assert_not_known(&said);
    emulator.clear_faults().await;
    let after = core.refresh(&after.unwrap()).await.unwrap();
    let (action, _) = core.apply(Some(&after), &config, &config).await;
    assert_eq!((action, rotations(&emulator).await), (Action::Nothing, 1));
    assert_ne!(after.state["api_key"], before.state["api_key"]);
}

/// A secret whose rotation was done by a run that could not record it: the state from before.
async fn unrecorded(emulator: &Emulator, core: &mut Core, config: fn(&str) -> Value) -> Stored {
    let (_, before) = core.apply(None, &config("a"), &config("a")).await;
    core.apply(Some(&before), &config("b"), &config("b")).await;
    assert_eq!(rotations(emulator).await, 1);
    before
}

#[tokio::test]
async fn a_rotation_of_a_run_that_was_killed_is_not_done_again() {
    for refreshes in [true, false] {
        let emulator = with_engine().await;
        let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
        let before = unrecorded(&emulator, &mut core, secret).await;
        let prior = if refreshes { core.refresh(&before).await.unwrap() } else { before.clone() };
        let (done, said) = core.attempt(Some(&prior), &secret("b")).await;
        let [Said { severity: "warning", summary, detail, .. }] = &said[..] else {
            panic!("one warning: {said:?}")
        };
        assert_eq!(summary, "The secret has a new version already");
        assert!(detail.contains("an earlier run must have ended"), "{detail}");
        assert_eq!(rotations(&emulator).await, 1);
        let done = done.unwrap();
        assert_ne!(done.state["api_key"], before.state["api_key"]);
        assert_eq!(done.state["rotation_triggers"], json!({"reason": "b"}));
        core.apply(Some(&done), &secret("c"), &secret("c")).await;
        assert_eq!(rotations(&emulator).await, 2, "another trigger rotates as usual");
    }
}

#[tokio::test]
async fn a_new_version_is_not_taken_for_a_lost_rotation_if_it_may_be_something_else() {
    let scheduled = |trigger: &str| {
        let mut config = secret(trigger);
        config["rotation"] = json!([{"auto_rotate": true, "interval": 30, "unit": "day"}]);
        config
    };
    for case in ["of somebody else", "of the schedule", "of the day before", "in the state"] {
        let emulator = with_engine().await;
        let session = Session::with_key(&emulator, USER_API_KEY).await;
        let mut core = Core::of(session, SECRET).await;
        let config: fn(&str) -> Value = if case == "of the schedule" { scheduled } else { secret };
        let prior = match case {
            "of somebody else" => {
                let (_, before) = core.apply(None, &config("a"), &config("a")).await;
                let id = before.state["secret_id"].as_str().unwrap();
                emulator.create(&format!("secrets/{id}/versions"), json!({})).await;
                core.refresh(&before).await.unwrap()
            }
            "of the schedule" => {
                let (_, before) = core.apply(None, &config("a"), &config("a")).await;
                emulator.advance(31 * 86_400).await;
                core.refresh(&before).await.unwrap()
            }
            "of the day before" => {
                let before = unrecorded(&emulator, &mut core, config).await;
                emulator.advance(86_500).await;
                core.refresh(&before).await.unwrap()
            }
            _ => {
                let before = unrecorded(&emulator, &mut core, config).await;
                let recorded = core.refresh(&before).await.unwrap();
                core.refresh(&recorded).await.unwrap()
            }
        };
        let sent = rotations(&emulator).await;
        let (done, said) = core.attempt(Some(&prior), &config("b")).await;
        assert_eq!(said, [], "{case}");
        assert_eq!(rotations(&emulator).await, sent + 1, "{case}");
        assert_ne!(done.unwrap().state["api_key_id"], prior.state["api_key_id"], "{case}");
    }
}

#[tokio::test]
async fn a_payload_whose_response_is_lost_is_sent_once() {
    let plain = |payload: &str| in_instance(json!({"name": "text", "payload": payload}));
    let hidden = |version: &str| {
        in_instance(json!({"name": "text", "payload_wo": format!("hush-{version}"),
                           "payload_wo_version": version}))
    };
    for (before, after) in [(plain("one"), plain("two")), (hidden("1"), hidden("2"))] {
        for effect in LOST {
            let emulator = Emulator::start().await;
            let mut core = Core::of(Session::with(&emulator).await, TEXT).await;
            let (_, stored) = core.apply(None, &before, &before).await;
            fault(&emulator, "create_secret_version", effect).await;
            let (_, stored) = core.apply(Some(&stored), &after, &after).await;
            assert_eq!(stored.state["versions_total"], json!(2), "{effect}");
            assert_eq!(stored.state["payload"], after.get("payload").cloned().unwrap_or_default());
            let sent = if effect.contains("before") { 2 } else { 1 };
            assert_eq!(rotations(&emulator).await, sent, "{effect}");
        }
    }
}

#[tokio::test]
async fn data_of_a_version_that_was_found_are_set_if_they_differ() {
    let with = |trigger: &str, ticket: &str| {
        let mut config = secret(trigger);
        config["version_custom_metadata"] = json!({ "ticket": ticket });
        config
    };
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with(&emulator).await, SECRET).await;
    let (_, before) = core.apply(None, &with("a", "1"), &with("a", "1")).await;
    fault(&emulator, "create_secret_version", LOST[0]).await;
    emulator.fault(json!({"operation": "get_secret_metadata", "status": 500, "nth": 2})).await;
    let (after, said) = core.attempt(Some(&before), &with("b", "2")).await;
    assert_not_known(&said);
    emulator.clear_faults().await;
    let (done, said) = core.attempt(after.as_ref(), &with("b", "3")).await;
    assert_eq!((said, rotations(&emulator).await), (vec![], 1));
    let refreshed = core.refresh(&done.unwrap()).await.unwrap();
    assert_eq!(refreshed.state["version_custom_metadata"], json!({"ticket": "3"}));
}
