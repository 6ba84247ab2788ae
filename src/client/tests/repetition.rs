//! Which requests are repeated.

use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::time::timeout;

use super::objects::{GROUP, REFUSAL, create};
use super::scripted::{Scripted, Setup, Step, response, response_with};
use crate::client::{ApiErrorKind, Endpoint, SecretGroupPatch, TransportKind};

/// Makes the same step as often as needed.
type MakeStep = fn() -> Step;

#[tokio::test]
async fn a_create_that_is_refused_for_the_moment_is_repeated() {
    for (status, header) in [(429, "retry-after"), (503, "retry-after"), (429, "x-none")] {
        let server = Scripted::start(vec![
            response_with(status, header, "0", REFUSAL),
            response(201, GROUP),
        ])
        .await;
        let group = create(&Setup::at(&server.url).client()).await.unwrap();
        assert_eq!(group.id, "g-1");
        let lines: Vec<String> = server.seen().iter().map(|seen| seen.line()).collect();
        assert_eq!(lines, ["POST /instances/i-1/api/v2/secret_groups"; 2], "{status}");
    }
}

#[tokio::test]
async fn a_create_whose_outcome_is_unknown_is_sent_once() {
    let table = [
        ("reset", Step::Reset, ApiErrorKind::Transport(TransportKind::Reset)),
        ("500", response(500, REFUSAL), ApiErrorKind::Server),
        ("503 without a time", response(503, REFUSAL), ApiErrorKind::Server),
        ("504", response(504, "<html>"), ApiErrorKind::Server),
        ("201, cut off", Step::CutOff(201, "{"), ApiErrorKind::Transport(TransportKind::Reset)),
        ("201, not JSON", response(201, "{"), ApiErrorKind::UnexpectedBody),
        ("201, empty", response(201, ""), ApiErrorKind::UnexpectedBody),
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
        (410, ApiErrorKind::NotFound),
        (409, ApiErrorKind::Conflict),
        (412, ApiErrorKind::Locked),
        (422, ApiErrorKind::Invalid),
        (501, ApiErrorKind::Server),
    ];
    for (status, kind) in table {
        let server = Scripted::start(vec![response(status, REFUSAL)]).await;
        let error = create(&Setup::at(&server.url).client()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert!(!error.outcome_unknown(), "{status}");
        assert_eq!(error.code(), Some("E1"));
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_create_that_was_never_sent_is_repeated() {
    // Bound but not listening: connections are refused, and no other process gets the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nowhere = format!("http://{}", socket.local_addr().unwrap());
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    setup.config.secrets_manager = Endpoint::template(&nowhere).unwrap();
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Connect));
    assert_eq!(error.attempts(), 4);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_an_error_of_its_own() {
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    // A label of 64 letters is too long for a name, so no resolver is asked.
    let host = format!("{}.test", "a".repeat(64));
    setup.config.secrets_manager = Endpoint::template(&format!("http://{host}")).unwrap();
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Dns));
    assert_eq!((error.host(), error.attempts()), (host.as_str(), 3));
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_until_it_succeeds_or_the_retries_end() {
    let failing: [(&str, MakeStep); 4] = [
        ("reset", || Step::Reset),
        ("500", || response(500, REFUSAL)),
        ("503", || response(503, "")),
        ("200, cut off", || Step::CutOff(200, "{")),
    ];
    for (name, step) in failing {
        let server = Scripted::start(vec![step(), step(), response(200, GROUP)]).await;
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
    let server = Scripted::start(vec![Step::Reset, response(200, GROUP)]).await;
    let client = Setup::at(&server.url).client();
    let patch = SecretGroupPatch::default();
    client.update_secret_group("g-1", &patch).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_retry_after_beyond_the_time_limit_is_not_waited_for() {
    let server = Scripted::start(vec![
        response_with(429, "retry-after", "3601", REFUSAL),
        response(200, GROUP),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::RateLimited);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_error_status_counts_even_if_its_body_is_cut_off() {
    let server = Scripted::start(vec![Step::CutOff(409, r#"{"errors":[{"mess"#)]).await;
    let error = create(&Setup::at(&server.url).client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Conflict);
    assert_eq!((error.message(), error.outcome_unknown()), (None, false));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Scripted::start(vec![
        response_with(307, "location", "/elsewhere", ""),
        response(200, GROUP),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let error = client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::UnexpectedStatus);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_carries_neither_token_nor_key_to_another_host() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Scripted::start(Vec::new()).await;
        let away = || response_with(status, "location", &elsewhere.url, "");
        let server = Scripted::start(vec![away()]).await;
        let error = Setup::at(&server.url).client().get_secret_group("g-1").await.unwrap_err();
        assert_eq!(error.kind(), ApiErrorKind::UnexpectedStatus);
        let server = Scripted::start_with_tokens(vec![away()], Vec::new()).await;
        let error = Setup::at(&server.url).client().get_secret_group("g-1").await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!((server.token_requests().len(), elsewhere.connections()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn one_answer_that_asks_to_wait_quiets_all_callers() {
    let server = Scripted::start(vec![response_with(429, "retry-after", "1000", REFUSAL)]).await;
    let setup = Setup::at(&server.url);
    let client = setup.client();
    let host = server.url.trim_start_matches("http://");
    let calls = futures::future::join3(
        create(&client),
        async {
            while client.transport.quiet.until(host).is_none() {
                tokio::task::yield_now().await;
            }
            // A create that is sent is completed, even if the run is cancelled.
            create(&client).await
        },
        async {
            while client.transport.quiet.until(host).is_none() {
                tokio::task::yield_now().await;
            }
            setup.cancel.cancel();
        },
    );
    // Without the rule, nobody would ever be done waiting for it.
    let (first, second, ()) =
        timeout(Duration::from_secs(30), calls).await.expect("the host is left alone");
    assert!(first.unwrap_err().is_cancelled());
    let second = second.unwrap_err();
    assert!(second.is_cancelled());
    assert_eq!((server.seen().len(), second.attempts()), (1, 0));
}
