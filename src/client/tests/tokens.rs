//! Which token a request carries.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::objects::{GROUP, REFUSAL, create};
use super::scripted::{Scripted, Setup, Step, response};
use crate::client::{ApiErrorKind, Credentials, IamCredentials, Operation};

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Scripted::start(vec![
        response(401, REFUSAL),
        response(201, GROUP),
        response(401, REFUSAL),
        response(401, REFUSAL),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    create(&client).await.unwrap();
    let error = create(&client).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!((error.attempts(), error.outcome_unknown()), (2, false));
    let seen = server.seen();
    let tokens: Vec<&str> = seen.iter().map(|seen| seen.header("authorization")).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2", "Bearer token-2", "Bearer token-3"]);
    assert_eq!(server.token_requests().len(), 3);
}

#[tokio::test]
async fn a_fixed_token_is_used_as_it_is_and_cannot_be_replaced() {
    let server = Scripted::start(vec![response(401, REFUSAL)]).await;
    let mut setup = Setup::at(&server.url);
    setup.config.credentials = Some(Credentials::BearerToken("Bearer fixed".into()));
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!(server.seen()[0].header("authorization"), "Bearer fixed");
    assert_eq!((server.seen().len(), server.token_requests().len()), (1, 0));

    setup.config.credentials = Some(Credentials::BearerToken("fi\u{7f}xed".into()));
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!(server.seen().len(), 1, "a header cannot hold that token");
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    setup.config.credentials = None;
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::NoCredentials);
    assert_eq!(error.to_string(), "create_secret_group needs credentials and has none");
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn an_error_names_unknown_settings_that_may_have_caused_it() {
    let settings = "not known yet: ibmcloud_api_key, iam_endpoint";
    let server = Scripted::start(Vec::new()).await;
    let mut setup = Setup::at(&server.url);
    setup.config.credentials = None;
    setup.config.not_known_yet = vec!["ibmcloud_api_key", "iam_endpoint"];
    let error = create(&setup.client()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("create_secret_group needs credentials and has none ({settings})")
    );
    for (status, named) in
        [(401, true), (403, true), (404, true), (400, false), (409, false), (412, false)]
    {
        let server =
            Scripted::start(vec![response(status, REFUSAL), response(status, REFUSAL)]).await;
        let mut setup = Setup::at(&server.url);
        setup.config.not_known_yet = vec!["ibmcloud_api_key", "iam_endpoint"];
        let shown = create(&setup.client()).await.unwrap_err().to_string();
        assert_eq!(shown.contains(settings), named, "{shown}");
    }
}

#[tokio::test]
async fn ten_requests_with_an_expired_token_make_one_token_request() {
    let groups = (0..11).map(|_| response(200, GROUP)).collect();
    let server = Scripted::start(groups).await;
    let mut setup = Setup::at(&server.url);
    let now = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH));
    let clock = Arc::clone(&now);
    setup.nondeterminism.now = Arc::new(move || *clock.lock().unwrap());
    let client = setup.client();
    client.get_secret_group("g-1").await.unwrap();
    *now.lock().unwrap() += Duration::from_secs(3600);
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
    let server = Scripted::start_with_tokens(
        vec![response(500, ""), Step::Reset],
        vec![response(201, GROUP)],
    )
    .await;
    create(&Setup::at(&server.url).client()).await.unwrap();
    let requests = server.token_requests();
    assert_eq!(requests.len(), 3);
    let request = &requests[2];
    assert_eq!(request.line(), "POST /identity/token");
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(request.header("authorization"), "");
    assert_eq!(
        request.body,
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=s3cret-key&response_type=cloud_iam"
    );
}

#[tokio::test]
async fn a_refused_key_says_nothing_about_the_object() {
    let unknown = r#"{"errorCode":"BXNIM0415E","errorMessage":"Provided API key s3cret-key could not be found.","context":{"requestId":"r-1"}}"#;
    let table = [
        (400, unknown, ApiErrorKind::Unauthenticated, Some("BXNIM0415E")),
        (401, "", ApiErrorKind::Unauthenticated, None),
        (403, "", ApiErrorKind::Unauthenticated, None),
        (404, "", ApiErrorKind::UnexpectedStatus, None),
        (409, "", ApiErrorKind::UnexpectedStatus, None),
        (412, "", ApiErrorKind::UnexpectedStatus, None),
    ];
    for (status, body, kind, code) in table {
        let server = Scripted::start_with_tokens(vec![response(status, body)], Vec::new()).await;
        let client = Setup::at(&server.url).client();
        let error = client.get_secret::<IamCredentials>("s-1").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code), "{status}");
        assert_eq!(error.operation(), Operation::GetToken);
        assert!(!error.outcome_unknown());
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!((server.seen().len(), server.token_requests().len()), (0, 1));
    }
}
