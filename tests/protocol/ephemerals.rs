//! Ephemeral resources from open to close, with the renewals in between: the calls
//! of a run that takes minutes (plugin-protocol.md 2.6, 4.7).

use std::time::{Duration, SystemTime};

use ibm_sm_emulator::seed::{ACCESS_GROUP_IDS, STATIC_SERVICE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Value, json};

use super::with_engine;
use crate::support::emulator::Emulator;
use crate::support::session::{Ending, Said, Session, in_instance, json_of, said, value};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const LEASE: &str = "ibm_sm_iam_credentials_lease";

/// The response of an open or a renewal.
struct Opened {
    result: Value,
    private: Vec<u8>,
    renew_at: Option<SystemTime>,
    diagnostics: Vec<Said>,
}

async fn open(session: &mut Session, resource: &str, config: Value) -> Opened {
    let request = proto::open_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        config: Some(value(&in_instance(config))),
        ..Default::default()
    };
    let response = session.provider.open_ephemeral_resource(request).await.unwrap().into_inner();
    Opened {
        result: json_of(response.result.as_ref()),
        private: response.private.unwrap_or_default(),
        renew_at: response.renew_at.map(system_time),
        diagnostics: said(response.diagnostics),
    }
}

async fn renew(session: &mut Session, resource: &str, private: &[u8]) -> Opened {
    let request = proto::renew_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        private: Some(private.to_vec()),
    };
    let response = session.provider.renew_ephemeral_resource(request).await.unwrap().into_inner();
    Opened {
        result: Value::Null,
        private: response.private.unwrap_or_default(),
        renew_at: response.renew_at.map(system_time),
        diagnostics: said(response.diagnostics),
    }
}

async fn close(session: &mut Session, resource: &str, private: &[u8]) -> Vec<Said> {
    let request = proto::close_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        private: Some(private.to_vec()),
    };
    let response = session.provider.close_ephemeral_resource(request).await.unwrap();
    said(response.into_inner().diagnostics)
}

fn system_time(at: prost_types::Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(at.seconds.try_into().unwrap())
}

/// Creates a dynamic secret and returns its id.
async fn dynamic(emulator: &Emulator) -> String {
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "10m",
                        "reuse_api_key": false, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    secret["id"].as_str().unwrap().to_owned()
}

fn by_id(secret_id: &str) -> Value {
    json!({ "secret_id": secret_id })
}

/// Asserts that there is exactly one diagnostic, and that its detail contains these parts.
#[track_caller]
fn assert_only(diagnostics: &[Said], severity: &str, summary: &str, parts: &[&str]) {
    let [diagnostic] = diagnostics else { panic!("one diagnostic: {diagnostics:?}") };
    assert_eq!(diagnostic.severity, severity, "{diagnostics:?}");
    assert!(diagnostic.summary.contains(summary), "{diagnostics:?}");
    assert!(parts.iter().all(|part| diagnostic.detail.contains(part)), "{diagnostics:?}");
}

#[tokio::test]
async fn an_open_returns_every_attribute_and_private_state_without_the_key() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let secret_id = dynamic(&emulator).await;
    for (resource, config) in
        [(SECRET, by_id(&secret_id)), (LEASE, json!({"service_id": STATIC_SERVICE_ID}))]
    {
        let opened = open(&mut session, resource, config.clone()).await;
        assert_eq!(opened.diagnostics, []);
        let key = opened.result["api_key"].as_str().unwrap();
        assert_eq!(key.len(), 44);
        assert_eq!(opened.result["service_id"], json!(STATIC_SERVICE_ID));
        assert_eq!(opened.result["region"], json!("us-south"));
        let api_key_id = opened.result["api_key_id"].as_str().unwrap();
        assert!(api_key_id.starts_with("ApiKey-"));
        let private = String::from_utf8(opened.private.clone()).unwrap();
        assert!(private.contains(api_key_id) && !private.contains(key), "{private}");
        // Core refuses another value than the configured one.
        for (name, given) in config.as_object().unwrap() {
            assert_eq!(opened.result[name], *given, "{resource}.{name}");
        }
        assert_eq!(close(&mut session, resource, &opened.private).await, []);
    }
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn a_close_whose_instance_is_gone_names_the_key_that_lives_on_or_removes_it() {
    for cleanup in [false, true] {
        for (resource, owner) in [
            (SECRET, json!({"service_id": STATIC_SERVICE_ID})),
            (LEASE, json!({"service_id": STATIC_SERVICE_ID})),
            (LEASE, json!({"access_groups": [ACCESS_GROUP_IDS[0]]})),
        ] {
            let emulator = with_engine().await;
            let before = emulator.state().await["iam"].take();
            let arguments = json!({ "cleanup_iam_on_destroy": cleanup });
            let mut session = Session::with_arguments(&emulator, arguments).await;
            let config = match resource {
                SECRET => by_id(&dynamic(&emulator).await),
                _ => owner,
            };
            let opened = open(&mut session, resource, config).await;
            emulator.delete_instance().await;
            let said = close(&mut session, resource, &opened.private).await;
            if cleanup {
                assert_eq!(said, []);
                assert_eq!(emulator.state().await["iam"], before);
                continue;
            }
            let [key, service_id] =
                ["api_key_id", "service_id"].map(|name| opened.result[name].as_str().unwrap());
            let parts = [key, service_id, "ibmcloud iam service-api-key-unlock "];
            assert_only(&said, "warning", "is gone, but its key still exists", &parts);
            assert!(!said[0].detail.contains("The state names"), "{said:?}");
        }
    }
}

#[tokio::test]
async fn a_close_that_cannot_remove_a_key_says_what_is_left() {
    let emulator = with_engine().await;
    let arguments = json!({ "cleanup_iam_on_destroy": true });
    let mut session = Session::with_arguments(&emulator, arguments).await;
    let opened = open(&mut session, LEASE, json!({"service_id": STATIC_SERVICE_ID})).await;
    emulator.delete_instance().await;
    emulator.fault(json!({"operation": "delete_api_key", "status": 403})).await;
    let said = close(&mut session, LEASE, &opened.private).await;
    let parts = ["nothing tries again", "ibmcloud iam service-api-key-delete ApiKey-"];
    assert_only(&said, "error", "left in IAM", &parts);
}

#[tokio::test]
async fn a_lease_is_renewed_a_tenth_of_its_lifetime_before_it_ends() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    for (ttl, lifetime, ahead) in [("10m", 600, 60), ("2h", 7_200, 300), ("1m", 60, 30)] {
        let before = SystemTime::now();
        let config = json!({"service_id": STATIC_SERVICE_ID, "ttl": ttl});
        let opened = open(&mut session, LEASE, config).await;
        let after = SystemTime::now();
        let renew_at = opened.renew_at.unwrap();
        // The service returns whole seconds.
        let (earliest, latest) = (lifetime - ahead - 2, lifetime - ahead + 2);
        assert!(renew_at >= before + Duration::from_secs(earliest), "{ttl}: {renew_at:?}");
        assert!(renew_at <= after + Duration::from_secs(latest), "{ttl}: {renew_at:?}");
        close(&mut session, LEASE, &opened.private).await;
    }
}

#[tokio::test]
async fn a_renewal_before_the_end_is_a_warning_and_the_one_at_the_end_an_error() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let secret_id = dynamic(&emulator).await;
    for (resource, config) in [
        (SECRET, by_id(&secret_id)),
        (LEASE, json!({"service_id": STATIC_SERVICE_ID, "ttl": "10m"})),
    ] {
        let opened = open(&mut session, resource, config).await;
        let end = opened.result["expiration_date"].as_str().unwrap().to_owned();
        emulator.advance(540).await;
        let renewed = renew(&mut session, resource, &opened.private).await;
        assert_only(&renewed.diagnostics, "warning", "expires soon", &[&end, "cannot be extended"]);
        assert_eq!(renewed.private, opened.private, "the private state is returned unchanged");
        assert!(renewed.renew_at.is_some(), "there is one more renewal, at the end");
        emulator.advance(90).await;
        let over = renew(&mut session, resource, &renewed.private).await;
        assert_only(&over.diagnostics, "error", "is lost", &["Choose a ttl that is longer"]);
        assert_eq!((over.renew_at, over.private), (None, opened.private.clone()));
        // Terraform shows what a close says, not what a renewal does.
        let closed = close(&mut session, resource, &opened.private).await;
        assert_only(&closed, "warning", "expired during the run", &[&end, "A ttl of 12m"]);
    }
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn a_key_that_another_reader_replaced_is_lost_and_the_new_one_is_not_revoked() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let secret_id = dynamic(&emulator).await;
    let first = open(&mut session, SECRET, by_id(&secret_id)).await;
    let second = open(&mut session, SECRET, by_id(&secret_id)).await;
    assert_only(
        &second.diagnostics,
        "warning",
        "has another reader",
        &["ibm_sm_iam_credentials_lease"],
    );
    let renewed = renew(&mut session, SECRET, &first.private).await;
    let (old, new) = (&first.result["api_key_id"], &second.result["api_key_id"]);
    let replaced =
        format!("replaced the key {} by {}", old.as_str().unwrap(), new.as_str().unwrap());
    assert_only(&renewed.diagnostics, "error", "is lost", &[&replaced]);
    assert_eq!(renewed.renew_at, None);
    // Terraform closes with the private state of the open, whose key is no longer current.
    assert_eq!(close(&mut session, SECRET, &first.private).await, []);
    assert_eq!(emulator.engine_keys().await, 1);
    assert_eq!(close(&mut session, SECRET, &second.private).await, []);
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn the_renewal_of_a_lease_that_was_swept_says_when_it_expired() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let lease = json!({"service_id": STATIC_SERVICE_ID, "ttl": "10m"});
    let first = open(&mut session, LEASE, lease.clone()).await;
    emulator.advance(3_600).await;
    // Another open sweeps what has expired.
    let second = open(&mut session, LEASE, lease).await;
    let renewed = renew(&mut session, LEASE, &first.private).await;
    assert_only(&renewed.diagnostics, "error", "is lost", &["The key expired at", "Choose a ttl"]);
    assert_eq!(close(&mut session, LEASE, &second.private).await, []);
}

#[tokio::test]
async fn closing_twice_or_after_the_end_is_no_error() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let opened = open(&mut session, LEASE, json!({"service_id": STATIC_SERVICE_ID})).await;
    for _ in 0..2 {
        assert_eq!(close(&mut session, LEASE, &opened.private).await, []);
    }
    let diagnostics = close(&mut session, LEASE, b"{}").await;
    assert_only(&diagnostics, "error", "", &["private state of an ephemeral resource"]);
}

#[tokio::test]
async fn an_open_waits_until_the_key_is_usable() {
    let emulator = with_engine().await;
    emulator.freeze_with(json!({"iam_propagation_seconds": 5})).await;
    let mut session = Session::with(&emulator).await;
    let mut waiting = session.provider.clone();
    let request = proto::open_ephemeral_resource::Request {
        type_name: LEASE.to_owned(),
        config: Some(value(&in_instance(json!({"service_id": STATIC_SERVICE_ID})))),
        ..Default::default()
    };
    let opening = tokio::spawn(async move { waiting.open_ephemeral_resource(request).await });
    while refused_tokens(&emulator).await == 0 {
        assert!(!opening.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
    emulator.advance(5).await;
    let response = opening.await.unwrap().unwrap().into_inner();
    assert_eq!(said(response.diagnostics), []);
    close(&mut session, LEASE, &response.private.unwrap()).await;
    // Without waiting, if the configuration says so.
    let refused = refused_tokens(&emulator).await;
    let config = json!({"service_id": STATIC_SERVICE_ID, "wait_until_usable": false});
    let opened = open(&mut session, LEASE, config).await;
    assert_eq!(opened.diagnostics, []);
    assert_eq!(refused_tokens(&emulator).await, refused);
}

async fn refused_tokens(emulator: &Emulator) -> usize {
    let tokens = emulator.journal("create_token").await;
    tokens.iter().filter(|exchange| exchange["status"] == json!(400)).count()
}

#[tokio::test]
async fn what_terraform_leaves_open_is_closed_at_the_end_of_the_process() {
    for ending in [Ending::Shutdown, Ending::Disconnect, Ending::Terminate] {
        let emulator = with_engine().await;
        let secret_id = dynamic(&emulator).await;
        let mut session = Session::with(&emulator).await;
        for service_id in [STATIC_SERVICE_ID; 2] {
            open(&mut session, LEASE, json!({"service_id": service_id})).await;
        }
        open(&mut session, SECRET, by_id(&secret_id)).await;
        assert_eq!(emulator.engine_keys().await, 3, "{ending:?}");
        session.end(ending).await;
        assert_eq!(emulator.engine_keys().await, 0, "{ending:?}");
    }
}

#[tokio::test]
async fn what_terraform_has_closed_is_not_closed_again() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let lease = open(&mut session, LEASE, json!({"service_id": STATIC_SERVICE_ID})).await;
    assert_eq!(close(&mut session, LEASE, &lease.private).await, []);
    session.end(Ending::Shutdown).await;
    assert_eq!(emulator.journal("delete_secret").await.len(), 1);
}

#[tokio::test]
async fn a_lease_that_is_being_opened_at_the_end_is_undone() {
    let emulator = with_engine().await;
    // IAM never accepts the key, so the open waits.
    emulator.freeze_with(json!({"iam_propagation_seconds": 3600})).await;
    let session = Session::with(&emulator).await;
    let mut waiting = session.provider.clone();
    let request = proto::open_ephemeral_resource::Request {
        type_name: LEASE.to_owned(),
        config: Some(value(&in_instance(json!({"service_id": STATIC_SERVICE_ID})))),
        ..Default::default()
    };
    let opening = tokio::spawn(async move { waiting.open_ephemeral_resource(request).await });
    while refused_tokens(&emulator).await == 0 {
        assert!(!opening.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
    session.end(Ending::Shutdown).await;
    assert_eq!(emulator.engine_keys().await, 0);
    assert_eq!(emulator.journal("delete_secret").await.len(), 1);
}
