//! What errors and the log say, and what they do not.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::super::MAX_BODY_BYTES;
use super::{GROUP, REFUSAL, create};
use crate::client::scripted::{Scripted, Setup, Step, answer, answer_with};
use crate::client::{ApiErrorKind, ConfigurationPrototype};

#[tokio::test]
async fn an_error_says_what_was_asked_and_what_came_of_it() {
    let server = Scripted::start(vec![
        answer_with(409, "x-correlation-id", "c-1", REFUSAL),
        answer(404, REFUSAL),
        answer_with(502, "transaction-id", "x-1", "<html>"),
    ])
    .await;
    let mut setup = Setup::at(&server.url);
    setup.config.retry.max_retries = 0;
    let client = setup.client();
    let conflict = create(&client).await.unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "create_secret_group failed: POST /instances/i-1/api/v2/secret_groups answered \
         409 Conflict: No. (code E1, request id c-1)"
    );
    let missing = client.get_secret("a/b").await.unwrap_err();
    assert!(missing.is_not_found());
    assert_eq!(
        missing.to_string(),
        "get_secret failed: GET /instances/i-1/api/v2/secrets/a%2Fb answered 404 Not Found: \
         No. (code E1, request id t-1)"
    );
    let broken = client.get_secret("s").await.unwrap_err();
    assert_eq!(
        broken.to_string(),
        "get_secret failed: GET /instances/i-1/api/v2/secrets/s answered 502 Bad Gateway \
         (request id x-1)"
    );
}

#[tokio::test]
async fn an_answer_that_repeats_a_secret_does_not_reach_the_error() {
    let echo = r#"{"errors":[{"message":"token-1 may not use s3cret-engine"}]}"#;
    let typed = r#"{"api_key":"s3cret-value","id":"s3cret-value","labels":"s3cret-value"}"#;
    let server = Scripted::start(vec![answer(400, echo), answer(200, typed)]).await;
    let client = Setup::at(&server.url).client();
    let prototype = ConfigurationPrototype {
        name: "engine".to_owned(),
        api_key: "s3cret-engine".into(),
        disabled: false,
    };
    let error = client.create_configuration(&prototype).await.unwrap_err();
    assert_eq!(error.message(), Some("(redacted) may not use (redacted)"));
    let error = client.get_secret("s-1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ApiErrorKind::UnexpectedBody, 1));
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("token-1"), "{shown}");
}

#[tokio::test]
async fn an_id_that_would_bend_the_path_is_refused_before_sending() {
    let server = Scripted::start(Vec::new()).await;
    let client = Setup::at(&server.url).client();
    for id in ["", ".", ".."] {
        let error = client.get_secret_metadata(id).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ApiErrorKind::Invalid, None));
        assert!(error.to_string().starts_with("get_secret_metadata was not sent:"), "{error}");
    }
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    // `GROUP` through gzip.
    let gzip = include_bytes!("group.json.gz").to_vec();
    let step = Step::Answer(200, vec![("content-encoding", "gzip".to_owned())], gzip);
    let server = Scripted::start(vec![step]).await;
    let client = Setup::at(&server.url).client();
    let group = client.get_secret_group("g-1").await.unwrap();
    assert_eq!(group.name.as_deref(), Some("team"));
    assert_eq!(server.seen()[0].header("accept-encoding"), "gzip");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    // JSON that would do, were it not so long.
    let mut endless = GROUP.trim_end_matches('}').as_bytes().to_vec();
    endless.extend_from_slice(br#","padding":""#);
    endless.resize(MAX_BODY_BYTES + (1 << 20), b' ');
    endless.extend_from_slice(br#""}"#);
    let server = Scripted::start(vec![Step::Answer(200, Vec::new(), endless)]).await;
    let client = Setup::at(&server.url).client();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::UnexpectedBody);
}

#[tokio::test]
async fn calls_share_a_connection() {
    let server = Scripted::start((0..3).map(|_| answer(200, GROUP)).collect()).await;
    let client = Setup::at(&server.url).client();
    for _ in 0..3 {
        client.get_secret_group("g-1").await.unwrap();
    }
    assert_eq!((server.seen().len(), server.connections()), (3, 1));
}

/// Keeps the fields of each event of this crate.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<BTreeMap<&'static str, String>>>>);

impl<S: tracing::Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Fields(BTreeMap<&'static str, String>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
        }
        if event.metadata().target().starts_with("ibm_sm_provider") {
            let mut fields = Fields(BTreeMap::new());
            fields.0.insert("level", event.metadata().level().to_string());
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

#[tokio::test]
async fn each_exchange_is_one_line_of_the_log_without_bodies_and_queries() {
    let events = Events::default();
    // While there is only one subscriber, tracing asks the thread that first reaches an event
    // whether anybody listens, and another test's thread says no for all. Two are asked properly.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::registry().with(events.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Scripted::start(vec![
        Step::Reset,
        answer_with(200, "x-correlation-id", "c-1", r#"{"secrets":[]}"#),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    client.find_secret_by_name("s3cret-name").await.unwrap();
    let events = events.0.lock().unwrap();
    let shown = format!("{events:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("token-1"), "{shown}");
    let show = |event: &BTreeMap<&'static str, String>, names: &[&str]| {
        names
            .iter()
            .map(|name| event.get(name).map_or("-", String::as_str).to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let lines: Vec<String> = events
        .iter()
        .map(|event| {
            show(
                event,
                &["level", "operation", "method", "path", "status", "attempt", "request_id"],
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#"DEBUG "get_token" "POST" "/identity/token" 200 1 -"#,
            r#"DEBUG "list_secrets" "GET" "/instances/i-1/api/v2/secrets" - 1 -"#,
            r#"DEBUG "list_secrets" "GET" "/instances/i-1/api/v2/secrets" 200 2 "c-1""#,
        ]
    );
    assert_eq!(show(&events[1], &["cause"]), "\"connection closed before message completed\"");
    assert!(events.iter().all(|event| event.contains_key("duration_ms")));
}
