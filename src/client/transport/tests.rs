//! The send loop as its callers see it: what a server receives, and what comes back.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::client::scripted::{Scripted, Setup, Step, answer, answer_with};
use crate::client::*;

const GROUP: &str = r#"{"id":"g-1","name":"team","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
const REFUSAL: &str = r#"{"errors":[{"code":"E1","message":"No."}],"trace":"t-1"}"#;

fn prototype() -> SecretGroupPrototype {
    SecretGroupPrototype {
        name: "team".to_owned(),
        description: None,
    }
}

async fn create(client: &InstanceClient) -> Result<SecretGroup, ApiError> {
    client.create_secret_group(&prototype()).await
}

#[tokio::test]
async fn a_create_that_is_turned_away_for_now_is_sent_again() {
    for (status, header) in [(429, "retry-after"), (503, "retry-after"), (429, "x-none")] {
        let server = Scripted::start(vec![
            answer_with(status, header, "0", REFUSAL),
            answer(201, GROUP),
        ])
        .await;
        let group = create(&Setup::at(&server.url).client()).await.unwrap();
        assert_eq!(group.id, "g-1");
        let lines: Vec<String> = server.seen().iter().map(|seen| seen.line()).collect();
        assert_eq!(
            lines, ["POST /instances/i-1/api/v2/secret_groups"; 2],
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_create_whose_outcome_nobody_knows_is_sent_once() {
    let table = [
        (
            "reset",
            Step::Reset,
            ApiErrorKind::Transport(TransportKind::Reset),
        ),
        ("500", answer(500, REFUSAL), ApiErrorKind::Server),
        (
            "503 without a time",
            answer(503, REFUSAL),
            ApiErrorKind::Server,
        ),
        ("504", answer(504, "<html>"), ApiErrorKind::Server),
        (
            "201, cut off",
            Step::CutOff(201, "{"),
            ApiErrorKind::Transport(TransportKind::Reset),
        ),
        (
            "201, not JSON",
            answer(201, "{"),
            ApiErrorKind::UnexpectedBody,
        ),
        ("201, empty", answer(201, ""), ApiErrorKind::UnexpectedBody),
    ];
    for (name, step, kind) in table {
        let server = Scripted::start(vec![step]).await;
        let error = create(&Setup::at(&server.url).client()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
        assert!(error.outcome_unknown(), "{name}");
        assert!(error.to_string().contains("not known"), "{name}: {error}");
        assert_eq!(server.seen().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_refused_create_is_final_and_certain() {
    let table = [
        (300, ApiErrorKind::UnexpectedStatus),
        (400, ApiErrorKind::Invalid),
        (403, ApiErrorKind::Forbidden),
        (404, ApiErrorKind::NotFound),
        (409, ApiErrorKind::Conflict),
        (412, ApiErrorKind::Locked),
        (422, ApiErrorKind::Invalid),
        (501, ApiErrorKind::Server),
    ];
    for (status, kind) in table {
        let server = Scripted::start(vec![answer(status, REFUSAL)]).await;
        let error = create(&Setup::at(&server.url).client()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert!(!error.outcome_unknown(), "{status}");
        assert_eq!(error.code(), Some("E1"));
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_create_that_never_left_is_sent_again() {
    // Bound but not listening: connections are refused, and nobody else gets the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nowhere = format!("http://{}", socket.local_addr().unwrap());
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    setup.config.secrets_manager = Endpoint::template(&nowhere).unwrap();
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ApiErrorKind::Transport(TransportKind::Connect)
    );
    assert_eq!(error.attempts(), 4);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_an_error_of_its_own() {
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    // No name has a part of 64 letters, so no resolver needs to be asked.
    let host = format!("{}.test", "a".repeat(64));
    setup.config.secrets_manager = Endpoint::template(&format!("http://{host}")).unwrap();
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Dns));
    assert_eq!((error.host(), error.attempts()), (host.as_str(), 3));
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_until_it_succeeds_or_patience_ends() {
    let failing: [(&str, fn() -> Step); 4] = [
        ("reset", || Step::Reset),
        ("500", || answer(500, REFUSAL)),
        ("503", || answer(503, "")),
        ("200, cut off", || Step::CutOff(200, "{")),
    ];
    for (name, step) in failing {
        let server = Scripted::start(vec![step(), step(), answer(200, GROUP)]).await;
        let client = Setup::at(&server.url).client();
        let group = client.get_secret_group("g-1").await.unwrap();
        assert_eq!(group.id, "g-1", "{name}");
        assert_eq!(server.seen().len(), 3, "{name}");

        let server = Scripted::start((0..9).map(|_| step()).collect()).await;
        let client = Setup::at(&server.url).client();
        let error = client.delete_secret_group("g-1").await.unwrap_err();
        assert_eq!((error.attempts(), server.seen().len()), (4, 4), "{name}");
        assert!(!error.outcome_unknown(), "{name}");
    }
    let server = Scripted::start(vec![Step::Reset, answer(200, GROUP)]).await;
    let client = Setup::at(&server.url).client();
    let patch = SecretGroupPatch::default();
    client.update_secret_group("g-1", &patch).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_service_that_asks_for_more_time_than_there_is_gets_no_second_request() {
    let server = Scripted::start(vec![
        answer_with(429, "retry-after", "3601", REFUSAL),
        answer(200, GROUP),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::RateLimited);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Scripted::start(vec![
        answer(401, REFUSAL),
        answer(201, GROUP),
        answer(401, REFUSAL),
        answer(401, REFUSAL),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    create(&client).await.unwrap();
    let error = create(&client).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!((error.attempts(), error.outcome_unknown()), (2, false));
    let seen = server.seen();
    let tokens: Vec<&str> = seen
        .iter()
        .map(|seen| seen.header("authorization"))
        .collect();
    assert_eq!(
        tokens,
        [
            "Bearer token-1",
            "Bearer token-2",
            "Bearer token-2",
            "Bearer token-3"
        ]
    );
    assert_eq!(server.token_requests().len(), 3);
}

#[tokio::test]
async fn a_fixed_token_is_used_as_it_is_and_cannot_be_replaced() {
    let server = Scripted::start(vec![answer(401, REFUSAL)]).await;
    let mut setup = Setup::at(&server.url);
    setup.config.credentials = Some(Credentials::BearerToken("Bearer fixed".into()));
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!(server.seen()[0].header("authorization"), "Bearer fixed");
    assert_eq!((server.seen().len(), server.token_requests().len()), (1, 0));

    setup.config.credentials = Some(Credentials::BearerToken("fi\u{7f}xed".into()));
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!(server.seen().len(), 1, "a header cannot carry that token");
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    setup.config.credentials = None;
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::NoCredentials);
    assert_eq!(
        error.to_string(),
        "create_secret_group needs credentials and has none"
    );
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn ten_calls_with_an_expired_token_make_one_token_request() {
    let groups = (0..11).map(|_| answer(200, GROUP)).collect();
    let server = Scripted::start(groups).await;
    let mut setup = Setup::at(&server.url);
    let now = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH));
    let hand = Arc::clone(&now);
    setup.sources.now = Arc::new(move || *now.lock().unwrap());
    let client = setup.client();
    client.get_secret_group("g-1").await.unwrap();
    *hand.lock().unwrap() += Duration::from_secs(3600);
    let calls = (0..10).map(|_| client.get_secret_group("g-1"));
    let results = futures::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(server.token_requests().len(), 2);
    for seen in &server.seen()[1..] {
        assert_eq!(seen.header("authorization"), "Bearer token-2");
    }
}

#[tokio::test]
async fn the_token_request_is_a_form_and_is_repeated_like_a_read() {
    let server =
        Scripted::start_with_tokens(vec![answer(500, ""), Step::Reset], vec![answer(201, GROUP)])
            .await;
    create(&Setup::at(&server.url).client()).await.unwrap();
    let requests = server.token_requests();
    assert_eq!(requests.len(), 3);
    let request = &requests[2];
    assert_eq!(request.line(), "POST /identity/token");
    assert_eq!(
        request.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(request.header("authorization"), "");
    assert_eq!(
        request.body,
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=s3cret-key&response_type=cloud_iam"
    );
}

#[tokio::test]
async fn a_refused_key_is_about_the_key_and_never_about_the_object() {
    let unknown = r#"{"errorCode":"BXNIM0415E","errorMessage":"Provided API key s3cret-key could not be found.","context":{"requestId":"r-1"}}"#;
    let table = [
        (
            400,
            unknown,
            ApiErrorKind::Unauthenticated,
            Some("BXNIM0415E"),
        ),
        (401, "", ApiErrorKind::Unauthenticated, None),
        (403, "", ApiErrorKind::Unauthenticated, None),
        (404, "", ApiErrorKind::UnexpectedStatus, None),
        (409, "", ApiErrorKind::UnexpectedStatus, None),
        (412, "", ApiErrorKind::UnexpectedStatus, None),
    ];
    for (status, body, kind, code) in table {
        let server = Scripted::start_with_tokens(vec![answer(status, body)], Vec::new()).await;
        let client = Setup::at(&server.url).client();
        let error = client.get_secret("s-1").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code), "{status}");
        assert_eq!(error.operation(), "get_token");
        assert!(!error.outcome_unknown());
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!((server.seen().len(), server.token_requests().len()), (0, 1));
    }
}

#[tokio::test]
async fn a_cancelled_run_begins_nothing() {
    let server = Scripted::start(Vec::new()).await;
    let setup = Setup::at(&server.url);
    setup.cancel.cancel();
    let error = create(&setup.client()).await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn cancelling_ends_a_wait_at_once() {
    let server = Scripted::start(vec![answer(429, REFUSAL), answer(201, GROUP)]).await;
    let mut setup = Setup::at(&server.url);
    setup.config.retry.base = Duration::from_secs(20);
    setup.config.retry.max_wait = Duration::from_secs(20);
    let client = setup.client();
    // The answer to a create is waited for, so cancelling while it is under way ends in the wait.
    let (result, ()) = tokio::join!(create(&client), async {
        server.arrived(1).await;
        setup.cancel.cancel();
    });
    let error = result.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((error.status(), error.code()), (Some(429), Some("E1")));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn cancelling_drops_a_read_and_lets_a_change_end() {
    let (release_read, read_released) = oneshot::channel();
    let (release_change, change_released) = oneshot::channel();
    let server = Scripted::start(vec![
        Step::After(read_released, Box::new(answer(200, GROUP))),
        Step::After(change_released, Box::new(answer(201, GROUP))),
    ])
    .await;
    let setup = Setup::at(&server.url);
    let client = setup.client();
    let (result, ()) = tokio::join!(client.get_secret_group("g-1"), async {
        server.arrived(1).await;
        setup.cancel.cancel();
    });
    let error = result.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.message(), None, "dropped, not timed out");
    drop(release_read);

    let setup = Setup::at(&server.url);
    let client = setup.client();
    let (result, ()) = tokio::join!(create(&client), async {
        server.arrived(2).await;
        setup.cancel.cancel();
        release_change.send(()).unwrap();
    });
    assert_eq!(result.unwrap().id, "g-1");
}

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
    assert_eq!(error.kind(), ApiErrorKind::UnexpectedBody);
    let shown = format!("{error} {error:?} {client:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("token-1"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_id_that_would_bend_the_path_is_refused_before_sending() {
    let server = Scripted::start(Vec::new()).await;
    let client = Setup::at(&server.url).client();
    for id in ["", ".", ".."] {
        let error = client.get_secret_metadata(id).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ApiErrorKind::Invalid, None)
        );
        assert!(
            error
                .to_string()
                .starts_with("get_secret_metadata was not sent:"),
            "{error}"
        );
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
            fields
                .0
                .insert("level", event.metadata().level().to_string());
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

#[tokio::test]
async fn each_exchange_is_one_line_of_the_log_without_bodies_and_queries() {
    let events = Events::default();
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
    assert!(
        !shown.contains("s3cret") && !shown.contains("token-1"),
        "{shown}"
    );
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
                &[
                    "level",
                    "operation",
                    "method",
                    "path",
                    "status",
                    "attempt",
                    "request_id",
                ],
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
    assert_eq!(
        show(&events[1], &["cause"]),
        "\"connection closed before message completed\""
    );
    assert!(events.iter().all(|event| event.contains_key("duration_ms")));
}
