//! The action that rotates, as `terraform apply -invoke` and action triggers call
//! it (plugin-protocol.md 2.6).

use ibm_sm_emulator::seed::STATIC_SERVICE_ID;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use ibm_sm_provider::plugin::proto::tfplugin6::invoke_action::event::Type;
use serde_json::{Value, json};

use super::with_engine;
use crate::support::core::{UNKNOWN, encode};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance, said};

const ROTATE: &str = "ibm_sm_iam_credentials_rotate";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// The progress messages, and the diagnostics of the last event.
async fn invoke(session: &mut Session, config: Value) -> (Vec<String>, Vec<Said>) {
    let request = proto::invoke_action::Request {
        action_type: ROTATE.to_owned(),
        config: Some(encode(&in_instance(config))),
        ..Default::default()
    };
    let mut events = session.provider.invoke_action(request).await.unwrap().into_inner();
    let mut messages = Vec::new();
    loop {
        let event = events.message().await.unwrap().expect("a last event");
        match event.r#type.expect("an event with a type, without which core crashes") {
            Type::Progress(progress) => messages.push(progress.message),
            Type::Completed(completed) => {
                assert_eq!(events.message().await.unwrap(), None, "nothing follows the last event");
                return (messages, said(completed.diagnostics));
            }
        }
    }
}

#[tokio::test]
async fn a_rotation_reports_its_progress_and_preserves_the_versions_metadata() {
    let emulator = with_engine().await;
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                        "reuse_api_key": true, "service_id": STATIC_SERVICE_ID,
                        "version_custom_metadata": {"ticket": "OPS-1"}});
    let secret = emulator.create("secrets", secret).await;
    let id = secret["id"].as_str().unwrap();
    let mut session = Session::with(&emulator).await;
    let (messages, diagnostics) = invoke(&mut session, json!({ "secret_id": id })).await;
    assert_eq!(diagnostics, []);
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0], format!("Rotating IAM credentials secret {id}"));
    assert!(messages[1].starts_with("ApiKey-") && messages[1].contains(" is current, until "));
    assert!(messages[1].contains("has the former one until its next refresh"), "{messages:?}");
    let created = emulator.journal("create_secret_version").await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0]["request_body"], json!({"version_custom_metadata": {"ticket": "OPS-1"}}));
}

#[tokio::test]
async fn a_rotation_whose_response_is_lost_is_looked_up_and_not_repeated() {
    let emulator = with_engine().await;
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                        "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    let mut session = Session::with(&emulator).await;
    emulator.fault(json!({"operation": "create_secret_version", "reset": "after_commit"})).await;
    let (messages, diagnostics) = invoke(&mut session, json!({ "secret_id": secret["id"] })).await;
    assert_eq!(diagnostics, []);
    assert!(messages[1].starts_with("ApiKey-"), "{messages:?}");
    assert_eq!(emulator.journal("create_secret_version").await.len(), 1);
    // If the lookup fails too, the user has to look.
    emulator.fault(json!({"operation": "get_secret_metadata", "status": 500, "nth": 2})).await;
    let (_, diagnostics) = invoke(&mut session, json!({ "secret_id": secret["id"] })).await;
    assert!(diagnostics[0].detail.contains("look at the versions"), "{diagnostics:?}");
    assert_eq!(emulator.journal("create_secret_version").await.len(), 2);
}

#[tokio::test]
async fn a_secret_that_cannot_be_rotated_is_an_error_in_the_last_event() {
    let emulator = with_engine().await;
    let dynamic = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                         "reuse_api_key": false, "service_id": STATIC_SERVICE_ID});
    let dynamic = emulator.create("secrets", dynamic).await;
    let arbitrary = json!({"secret_type": "arbitrary", "name": "text", "payload": "x"});
    let arbitrary = emulator.create("secrets", arbitrary).await;
    let mut session = Session::with(&emulator).await;
    for (id, summary, part) in [
        (&dynamic["id"], "Cannot rotate", "reuse_api_key = false"),
        (&arbitrary["id"], "Cannot rotate", "of type arbitrary"),
        (&json!(NOBODY), "Cannot update", "There is no such secret"),
    ] {
        let (messages, diagnostics) = invoke(&mut session, json!({ "secret_id": id })).await;
        assert_eq!(messages, [""; 0]);
        let [diagnostic] = &diagnostics[..] else { panic!("one error: {diagnostics:?}") };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("error", "secret_id"));
        assert!(
            diagnostic.summary.starts_with(summary) && diagnostic.detail.contains(part),
            "{diagnostics:?}"
        );
        let planned = plan(&mut session, in_instance(json!({ "secret_id": id }))).await;
        let [planned] = &planned[..] else { panic!("one error: {planned:?}") };
        assert_eq!(
            (planned.severity, &planned.path, &planned.summary),
            (diagnostic.severity, &diagnostic.path, &diagnostic.summary)
        );
    }
    assert_eq!(emulator.journal("create_secret_version").await, [Value::Null; 0]);
}

/// The diagnostics of a plan.
async fn plan(session: &mut Session, config: Value) -> Vec<Said> {
    let request = proto::plan_action::Request {
        action_type: ROTATE.to_owned(),
        config: Some(encode(&config)),
        ..Default::default()
    };
    said(session.provider.plan_action(request).await.unwrap().into_inner().diagnostics)
}

#[tokio::test]
async fn a_plan_reads_only_what_is_known_and_changes_nothing() {
    let emulator = with_engine().await;
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                        "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    let mut session = Session::with(&emulator).await;
    for (config, reads) in [
        (in_instance(json!({ "secret_id": UNKNOWN })), 0),
        (json!({ "instance_id": UNKNOWN, "secret_id": NOBODY }), 0),
        (in_instance(json!({ "secret_id": NOBODY, "region": UNKNOWN })), 0),
        (in_instance(json!({ "secret_id": secret["id"] })), 1),
    ] {
        assert_eq!(plan(&mut session, config.clone()).await, [], "{config}");
        let found = emulator.journal("get_secret_metadata").await;
        assert_eq!(found.len(), reads, "{config}");
    }
    assert_eq!(emulator.journal("create_secret_version").await, [Value::Null; 0]);
}

#[tokio::test]
async fn what_the_plan_did_not_know_is_checked_by_the_invocation() {
    let emulator = Emulator::start().await;
    let mut session = Session::with(&emulator).await;
    let crn = "crn:v1:bluemix:public:secrets-manager:us-south:a/1:i-1:secret:s-1";
    for (secret_id, summary) in [
        (Value::Null, "Missing required argument"),
        (json!(""), "Invalid value for secret_id"),
        (json!(crn), "Invalid value for secret_id"),
    ] {
        let (_, diagnostics) = invoke(&mut session, json!({ "secret_id": secret_id })).await;
        let found: Vec<_> = diagnostics.iter().map(|one| (&*one.path, &*one.summary)).collect();
        assert_eq!(found, [("secret_id", summary)], "{secret_id}");
    }
    assert_eq!(emulator.journal("get_secret_metadata").await, [Value::Null; 0]);
}

#[tokio::test]
async fn validation_and_plan_check_the_configuration() {
    // Neither call needs a configured provider.
    let mut session = Session::start().await;
    for (config, wrong) in [
        (json!({"instance_id": UNKNOWN, "secret_id": UNKNOWN}), None),
        (in_instance(json!({"secret_id": NOBODY})), None),
        (in_instance(json!({"secret_id": NOBODY, "endpoint_type": "vpe"})), Some("endpoint_type")),
        (in_instance(json!({"secret_id": NOBODY, "region": "us south"})), Some("region")),
    ] {
        let action_type = ROTATE.to_owned();
        let config = Some(encode(&config));
        let request = proto::validate_action_config::Request {
            action_type: action_type.clone(),
            config: config.clone(),
        };
        let validated = session.provider.validate_action_config(request).await.unwrap();
        let request = proto::plan_action::Request { action_type, config, ..Default::default() };
        let planned = session.provider.plan_action(request).await.unwrap().into_inner();
        assert_eq!(planned.deferred, None);
        for diagnostics in [validated.into_inner().diagnostics, planned.diagnostics] {
            let paths: Vec<String> =
                said(diagnostics).into_iter().map(|diagnostic| diagnostic.path).collect();
            assert_eq!(paths, wrong.into_iter().collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn no_progress_repeats_a_secret_that_the_process_knows() {
    let emulator = with_engine().await;
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                        "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    let id = secret["id"].as_str().unwrap();
    // The id as a key that the process was given.
    let mut session =
        Session::with_arguments(&emulator, json!({ "iaas_classic_api_key": id })).await;
    let (messages, diagnostics) = invoke(&mut session, json!({ "secret_id": id })).await;
    assert_eq!(diagnostics, []);
    assert_eq!(messages[0], "Rotating IAM credentials secret (redacted)");
}
