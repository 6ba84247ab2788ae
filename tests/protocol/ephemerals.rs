//! Ephemeral resources from their open to their close, and what is looked after
//! in between: the calls that a run of minutes makes (plugin-protocol.md 2.6,
//! 4.7).

use std::time::{Duration, SystemTime};

use ibm_sm_emulator::seed::STATIC_SERVICE_ID;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Value, json};

use super::with_engine;
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance, json_of, said, value};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const LEASE: &str = "ibm_sm_iam_credentials_lease";

/// What an open or a renewal answers.
struct Held {
    result: Value,
    private: Vec<u8>,
    renew_at: Option<SystemTime>,
    said: Vec<Said>,
}

async fn open(session: &mut Session, resource: &str, config: Value) -> Held {
    let request = proto::open_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        config: Some(value(&in_instance(config))),
        ..Default::default()
    };
    let answer = session.provider.open_ephemeral_resource(request).await.unwrap().into_inner();
    Held {
        result: json_of(answer.result.as_ref()),
        private: answer.private.unwrap_or_default(),
        renew_at: answer.renew_at.map(moment),
        said: said(answer.diagnostics),
    }
}

async fn renew(session: &mut Session, resource: &str, private: &[u8]) -> Held {
    let request = proto::renew_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        private: Some(private.to_vec()),
    };
    let answer = session.provider.renew_ephemeral_resource(request).await.unwrap().into_inner();
    Held {
        result: Value::Null,
        private: answer.private.unwrap_or_default(),
        renew_at: answer.renew_at.map(moment),
        said: said(answer.diagnostics),
    }
}

async fn close(session: &mut Session, resource: &str, private: &[u8]) -> Vec<Said> {
    let request = proto::close_ephemeral_resource::Request {
        type_name: resource.to_owned(),
        private: Some(private.to_vec()),
    };
    let answer = session.provider.close_ephemeral_resource(request).await.unwrap();
    said(answer.into_inner().diagnostics)
}

fn moment(at: prost_types::Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(at.seconds.try_into().unwrap())
}

/// A dynamic secret; its id.
async fn dynamic(emulator: &Emulator) -> String {
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "10m",
                        "reuse_api_key": false, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    secret["id"].as_str().unwrap().to_owned()
}

fn by_id(secret_id: &str) -> Value {
    json!({ "secret_id": secret_id })
}

/// The one diagnostic there is, and that its detail holds these parts.
#[track_caller]
fn assert_said(said: &[Said], severity: &str, summary: &str, parts: &[&str]) {
    let [said] = said else { panic!("one diagnostic: {said:?}") };
    assert_eq!(said.severity, severity, "{said:?}");
    assert!(said.summary.contains(summary), "{said:?}");
    assert!(parts.iter().all(|part| said.detail.contains(part)), "{said:?}");
}

#[tokio::test]
async fn what_is_open_has_every_attribute_and_private_bytes_without_the_key() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let secret_id = dynamic(&emulator).await;
    for (resource, config) in
        [(SECRET, by_id(&secret_id)), (LEASE, json!({"service_id": STATIC_SERVICE_ID}))]
    {
        let held = open(&mut session, resource, config.clone()).await;
        assert_eq!(held.said, []);
        let key = held.result["api_key"].as_str().unwrap();
        assert_eq!(key.len(), 44);
        assert_eq!(held.result["service_id"], json!(STATIC_SERVICE_ID));
        assert_eq!(held.result["region"], json!("us-south"));
        let api_key_id = held.result["api_key_id"].as_str().unwrap();
        assert!(api_key_id.starts_with("ApiKey-"));
        let private = String::from_utf8(held.private.clone()).unwrap();
        assert!(private.contains(api_key_id) && !private.contains(key), "{private}");
        // Core refuses another value than the configured one.
        for (name, given) in config.as_object().unwrap() {
            assert_eq!(held.result[name], *given, "{resource}.{name}");
        }
        assert_eq!(close(&mut session, resource, &held.private).await, []);
    }
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn a_lease_is_looked_after_a_tenth_of_its_life_ahead_of_its_end() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    for (ttl, life, ahead) in [("10m", 600, 60), ("2h", 7_200, 300), ("1m", 60, 30)] {
        let before = SystemTime::now();
        let config = json!({"service_id": STATIC_SERVICE_ID, "ttl": ttl});
        let held = open(&mut session, LEASE, config).await;
        let after = SystemTime::now();
        let look = held.renew_at.unwrap();
        // The service tells whole seconds.
        let (earliest, latest) = (life - ahead - 2, life - ahead + 2);
        assert!(look >= before + Duration::from_secs(earliest), "{ttl}: {look:?}");
        assert!(look <= after + Duration::from_secs(latest), "{ttl}: {look:?}");
        close(&mut session, LEASE, &held.private).await;
    }
}

#[tokio::test]
async fn a_living_lease_is_warned_of_and_looked_at_again_at_its_end() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let secret_id = dynamic(&emulator).await;
    for (resource, config) in [
        (SECRET, by_id(&secret_id)),
        (LEASE, json!({"service_id": STATIC_SERVICE_ID, "ttl": "10m"})),
    ] {
        let held = open(&mut session, resource, config).await;
        let end = held.result["expiration_date"].as_str().unwrap().to_owned();
        emulator.advance(540).await;
        let renewed = renew(&mut session, resource, &held.private).await;
        assert_said(&renewed.said, "warning", "expires soon", &[&end, "cannot be extended"]);
        assert_eq!(renewed.private, held.private, "the private bytes are given back");
        assert!(renewed.renew_at.is_some(), "there is one more look, at the end");
        emulator.advance(60).await;
        let over = renew(&mut session, resource, &renewed.private).await;
        assert_said(&over.said, "error", "is lost", &["Choose a ttl that is longer"]);
        assert_eq!((over.renew_at, over.private), (None, held.private.clone()));
        assert_eq!(close(&mut session, resource, &held.private).await, []);
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
    assert_said(&second.said, "warning", "has another reader", &["ibm_sm_iam_credentials_lease"]);
    let renewed = renew(&mut session, SECRET, &first.private).await;
    let (old, new) = (&first.result["api_key_id"], &second.result["api_key_id"]);
    let replaced =
        format!("replaced the key {} by {}", old.as_str().unwrap(), new.as_str().unwrap());
    assert_said(&renewed.said, "error", "is lost", &[&replaced]);
    assert_eq!(renewed.renew_at, None);
    // Terraform closes with what the open remembered, and it is not this key's turn.
    assert_eq!(close(&mut session, SECRET, &first.private).await, []);
    assert_eq!(emulator.engine_keys().await, 1);
    assert_eq!(close(&mut session, SECRET, &second.private).await, []);
    assert_eq!(emulator.engine_keys().await, 0);
}

#[tokio::test]
async fn closing_twice_or_after_the_end_is_no_error() {
    let emulator = with_engine().await;
    let mut session = Session::with(&emulator).await;
    let held = open(&mut session, LEASE, json!({"service_id": STATIC_SERVICE_ID})).await;
    for _ in 0..2 {
        assert_eq!(close(&mut session, LEASE, &held.private).await, []);
    }
    let said = close(&mut session, LEASE, b"{}").await;
    assert_said(&said, "error", "", &["private state of an ephemeral resource"]);
}

#[tokio::test]
async fn a_key_that_is_not_known_everywhere_yet_is_waited_for() {
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
    let answer = opening.await.unwrap().unwrap().into_inner();
    assert_eq!(said(answer.diagnostics), []);
    close(&mut session, LEASE, &answer.private.unwrap()).await;
    // Handed on without the test, where the user says so.
    let refused = refused_tokens(&emulator).await;
    let config = json!({"service_id": STATIC_SERVICE_ID, "wait_until_usable": false});
    let held = open(&mut session, LEASE, config).await;
    assert_eq!(held.said, []);
    assert_eq!(refused_tokens(&emulator).await, refused);
}

async fn refused_tokens(emulator: &Emulator) -> usize {
    let tokens = emulator.journal("create_token").await;
    tokens.iter().filter(|exchange| exchange["status"] == json!(400)).count()
}
