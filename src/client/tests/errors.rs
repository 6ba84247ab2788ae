//! What errors and the log say, and what they must not say.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::objects::{GROUP, REFUSAL, create};
use super::scripted::{Scripted, Setup, Step, response, response_with};
use crate::client::transport::MAX_BODY_BYTES;
use crate::client::{
    ApiErrorKind, Arbitrary, ArbitraryPrototype, ArbitraryVersionPrototype, ConfigurationPrototype,
    IamCredentials, SecretPrototype, VersionPrototype,
};

#[tokio::test]
async fn an_error_shows_the_request_and_the_response() {
    let server = Scripted::start(vec![
        response_with(409, "x-correlation-id", "c-1", REFUSAL),
        response(404, REFUSAL),
        response_with(502, "transaction-id", "x-1", "<html>"),
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
    let missing = client.get_secret::<IamCredentials>("a/b").await.unwrap_err();
    assert!(missing.is_not_found());
    assert_eq!(
        missing.to_string(),
        "get_secret failed: GET /instances/i-1/api/v2/secrets/a%2Fb answered 404 Not Found: \
         No. (code E1, request id t-1)"
    );
    let broken = client.get_secret::<IamCredentials>("s").await.unwrap_err();
    assert_eq!(
        broken.to_string(),
        "get_secret failed: GET /instances/i-1/api/v2/secrets/s answered 502 Bad Gateway \
         (request id x-1)"
    );
}

#[tokio::test]
async fn an_error_does_not_repeat_a_secret_of_the_request_or_response() {
    let echo = r#"{"errors":[{"message":"token-1 may not use s3cret-engine"}]}"#;
    let typed = r#"{"api_key":"s3cret-value","id":"s3cret-value","labels":"s3cret-value"}"#;
    let server = Scripted::start(vec![response(400, echo), response(200, typed)]).await;
    let client = Setup::at(&server.url).client();
    let prototype = ConfigurationPrototype {
        name: "engine".to_owned(),
        api_key: "s3cret-engine".into(),
        disabled: false,
    };
    let error = client.create_configuration(&prototype).await.unwrap_err();
    assert_eq!(error.message(), Some("(redacted) may not use (redacted)"));
    let error = client.get_secret::<IamCredentials>("s-1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ApiErrorKind::UnexpectedBody, 1));
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("token-1"), "{shown}");
}

#[tokio::test]
async fn an_error_and_the_log_do_not_repeat_what_was_read_in_another_request() {
    let key = "pQ7_xW2-kLm9Zt4RbN8vYc3HdJ6sFg1AuEo5TiXyKzUe";
    let secret = format!(
        r#"{{"id":"s-1","name":"app","secret_group_id":"default","secret_type":"iam_credentials",
            "crn":"crn:v1","created_by":"iam-1","created_at":"2026-01-10T09:00:00Z",
            "updated_at":"2026-01-10T09:00:00Z","api_key":"{key}"}}"#
    );
    let (first, second) = key.split_at(20);
    let base64 = "cFE3X3hXMi1rTG05WnQ0UmJOOHZZYzNIZEo2c0ZnMUF1RW81VGlYeUt6VWU";
    let echo = format!(
        r#"{{"errors":[{{"code":"{first}","message":"{second} or"}},{{"message":"{base64}"}}]}}"#
    );
    let server = Scripted::start(vec![
        response(200, &secret),
        response_with(400, "x-correlation-id", key, &echo),
        response_with(400, "x-request-id", "c-1\u{7f}", r#"{"trace":"<script>"}"#),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    client.get_secret::<IamCredentials>("s-1").await.unwrap();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), (Some("(redacted)"), None));
    assert_eq!(error.message(), Some("(redacted) or; (redacted)"));
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.request_id(), None);
}

#[tokio::test]
async fn the_value_of_an_arbitrary_secret_is_redacted_from_errors() {
    let echo = r#"{"errors":[{"message":"s3cret-text is not allowed"}]}"#;
    let server = Scripted::start(vec![response(400, echo), response(400, echo)]).await;
    let client = Setup::at(&server.url).client();
    let prototype = SecretPrototype::<Arbitrary> {
        name: "app".to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own: ArbitraryPrototype { payload: "s3cret-text".into(), expiration_date: None },
    };
    let error = client.create_secret(&prototype).await.unwrap_err();
    assert_eq!(error.message(), Some("(redacted) is not allowed"));
    let version = VersionPrototype::<Arbitrary> {
        version_custom_metadata: None,
        own: ArbitraryVersionPrototype { payload: "s3cret-text".into() },
    };
    let error = client.create_version("s-1", &version).await.unwrap_err();
    assert_eq!(error.message(), Some("(redacted) is not allowed"));
}

#[tokio::test]
async fn an_id_that_would_change_the_path_is_refused_before_sending() {
    let server = Scripted::start(Vec::new()).await;
    let client = Setup::at(&server.url).client();
    for id in ["", ".", ".."] {
        let error = client.get_secret_metadata::<IamCredentials>(id).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ApiErrorKind::Invalid, None));
        assert!(error.to_string().starts_with("get_secret_metadata was not sent:"), "{error}");
    }
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn a_compressed_response_is_read() {
    // `GROUP` through gzip.
    let gzip = include_bytes!("group.json.gz").to_vec();
    let step = Step::Respond(200, vec![("content-encoding", "gzip".to_owned())], gzip);
    let server = Scripted::start(vec![step]).await;
    let client = Setup::at(&server.url).client();
    let group = client.get_secret_group("g-1").await.unwrap();
    assert_eq!(group.name.as_deref(), Some("team"));
    assert_eq!(server.seen()[0].header("accept-encoding"), "gzip");
}

#[tokio::test]
async fn a_response_that_is_too_long_is_not_read_to_its_end() {
    // Valid JSON, were it not so long.
    let mut endless = GROUP.trim_end_matches('}').as_bytes().to_vec();
    endless.extend_from_slice(br#","padding":""#);
    endless.resize(MAX_BODY_BYTES + (1 << 20), b' ');
    endless.extend_from_slice(br#""}"#);
    let server = Scripted::start(vec![Step::Respond(200, Vec::new(), endless)]).await;
    let client = Setup::at(&server.url).client();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::UnexpectedBody);
}

#[tokio::test]
async fn requests_share_a_connection() {
    let server = Scripted::start((0..3).map(|_| response(200, GROUP)).collect()).await;
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
    // While there is only one subscriber, tracing caches whether an event is of interest as the first
    // thread that reaches it sees it, which may be another test's. With two it asks each time.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::registry().with(events.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Scripted::start(vec![
        Step::Reset,
        response_with(200, "x-correlation-id", "c-1", r#"{"secrets":[]}"#),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    client.find_secret_by_name::<IamCredentials>("s3cret-name").await.unwrap();
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
