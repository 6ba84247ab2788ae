//! What all responses have in common, and bad input of every kind (1.4, 1.8, 2.9).

use crate::lab::{Lab, UNKNOWN_ID, send, static_secret};
use flate2::Compression;
use flate2::write::GzEncoder;
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::json;
use std::io::Write as _;

/// 2.9, 1.8: the error format; the list of errors is never empty.
#[tokio::test]
async fn the_error_format_of_secrets_manager() {
    let lab = Lab::start().await;
    let request = lab
        .request(Method::GET, &format!("secrets/{UNKNOWN_ID}"))
        .header("X-Correlation-Id", "mine");
    let response = send(request).await;
    assert_eq!(
        response.body,
        json!({
            "status_code": 404,
            "trace": "mine",
            "errors": [{
                "code": "secrets-manager.Error00404",
                "message": format!("Secret '{UNKNOWN_ID}' was not found."),
                "more_info": "https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2",
            }],
        })
    );
    assert_eq!(response.header("x-correlation-id"), "mine");
    assert_eq!(response.header("content-type"), "application/json");
}

/// 1.4: a request without a correlation id gets one.
#[tokio::test]
async fn every_response_has_a_correlation_id() {
    let lab = Lab::start().await;
    let first = lab.get("secret_groups").await;
    let second = lab.get("secret_groups").await;
    assert_ne!(first.header("x-correlation-id"), second.header("x-correlation-id"));
    let groups = lab.get("/v2/groups?account_id=x").await;
    assert_eq!(groups.header("transaction-id"), groups.header("x-correlation-id"));
}

/// The `Date` header follows the clock.
#[tokio::test]
async fn the_date_header_follows_the_clock() {
    let lab = Lab::start().await;
    assert_eq!(lab.get("secret_groups").await.header("date"), "Sat, 10 Jan 2026 09:00:00 GMT");
    lab.advance(60).await;
    assert_eq!(lab.get("secret_groups").await.header("date"), "Sat, 10 Jan 2026 09:01:00 GMT");
}

/// 1.4: a large response is compressed for a client that accepts it.
#[tokio::test]
async fn large_responses_are_compressed() {
    let lab = Lab::with_engine().await;
    for number in 0..5 {
        lab.secret(static_secret(&format!("s{number}"), true)).await;
    }
    let http = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let raw = async |path: &str, encodings: &str| {
        let request =
            lab.request(Method::GET, path).header("accept-encoding", encodings).build().unwrap();
        let response = http.execute(request).await.unwrap();
        response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(raw("secrets", "gzip").await.as_deref(), Some("gzip"));
    assert_eq!(raw("secrets", "identity").await, None);
    assert_eq!(raw("secret_groups", "gzip").await, None);
}

/// 6.3: an instance that does not exist.
#[tokio::test]
async fn an_unknown_instance() {
    let lab = Lab::start().await;
    let path = format!("/instances/{UNKNOWN_ID}/api/v2/secrets");
    let response = lab.get(&path).await;
    assert_eq!((response.error().0, response.error().1), (404, "secrets-manager.Error00404"));
    assert_eq!(send(lab.anonymous(Method::GET, &path)).await.status, 401);
}

/// Unknown routes and methods are refused in the error format of the API they would belong to.
#[tokio::test]
async fn unknown_routes_and_methods() {
    let lab = Lab::start().await;
    let instance = format!("/instances/{}", seed::INSTANCE_ID);
    for (method, path, status, code) in [
        (Method::GET, format!("{instance}/api/v2/nonsense"), 404, "secrets-manager.Error00404"),
        (Method::GET, format!("{instance}/api/v1/secrets"), 404, "secrets-manager.Error00404"),
        (Method::GET, "/".to_owned(), 404, "secrets-manager.Error00404"),
        (Method::PUT, format!("{instance}/api/v2/secrets"), 405, "secrets-manager.Error00405"),
        (Method::GET, "/v1/nonsense".to_owned(), 404, "not_found"),
        (Method::PATCH, "/v1/apikeys".to_owned(), 405, "method_not_allowed"),
        (Method::GET, "/v2/groups/a/b/c/d".to_owned(), 404, "not_found"),
        (Method::PUT, "/v2/groups".to_owned(), 405, "method_not_allowed"),
    ] {
        let response = response_to(&lab, method.clone(), &path).await;
        assert_eq!((response.error().0, response.error().1), (status, code), "{method} {path}");
    }
    let response = lab.get("/identity/token").await.expect(405);
    assert_eq!(response.text("errorCode"), "BXNIM0106E");
    let response = lab.get("/identity/nonsense").await.expect(404);
    assert_eq!(response.text("errorCode"), "BXNIM0102E");
}

async fn response_to(lab: &Lab, method: Method, path: &str) -> crate::lab::Response {
    send(lab.request(method, path)).await
}

/// Malformed bodies change nothing.
#[tokio::test]
async fn bad_bodies() {
    let lab = Lab::with_engine().await;
    let before = lab.state().await;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let nested = format!(r#"{{"secret_type":"iam_credentials","custom_metadata":{deep}}}"#);
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("empty", vec![], 400),
        ("truncated", br#"{"secret_type":"iam_cr"#.to_vec(), 400),
        ("not an object", b"[]".to_vec(), 400),
        ("null", b"null".to_vec(), 400),
        ("not UTF-8", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}'], 400),
        ("deep", deep.clone().into_bytes(), 400),
        ("deep inside", nested.into_bytes(), 400),
        ("oversized", vec![b' '; 1024 * 1024 + 1], 413),
    ];
    for (name, body, status) in cases {
        let request = lab
            .request(Method::POST, "secrets")
            .header("content-type", "application/json")
            .body(body);
        let response = send(request).await;
        assert_eq!(response.error().0, status, "{name}");
    }
    for content_type in ["text/plain", "application/merge-patch+json", ""] {
        let request = lab
            .request(Method::POST, "secrets")
            .header("content-type", content_type)
            .body(static_secret("s1", true).to_string());
        let response = send(request).await;
        assert_eq!(
            (response.error().0, response.error().1),
            (415, "secrets-manager.Error00415"),
            "{content_type}"
        );
    }
    assert_eq!(lab.state().await, before);
}

/// The error for a malformed body gives the position, not the text, which may be secret.
#[tokio::test]
async fn an_error_does_not_repeat_the_body() {
    let lab = Lab::start().await;
    let request = lab
        .request(Method::POST, "configurations")
        .header("content-type", "application/json")
        .body(r#"{"api_key":"hunter2-hunter2" oops}"#);
    let response = send(request).await;
    assert_eq!(response.error().2, "The body is not valid JSON at line 1 column 30.");
}

/// Paths that are not valid UTF-8.
#[tokio::test]
async fn bad_paths() {
    let lab = Lab::start().await;
    let response = lab.get("secrets/%ff%fe").await;
    assert_eq!(response.error().0, 400);
}

/// Identities of other accounts are refused.
#[tokio::test]
async fn tokens_of_other_accounts() {
    let lab = Lab::start().await;
    lab.edit(|state| {
        let iam = &mut state["iam"];
        let other = "ffffffffffffffffffffffffffffffff";
        let id = "ServiceId-99999999-0000-4000-8000-000000000000";
        let times = json!("2026-01-01T00:00:00Z");
        iam["accounts"].as_array_mut().unwrap().push(json!({ "id": other, "name": "other" }));
        iam["service_ids"].as_array_mut().unwrap().push(json!({
            "id": id, "account_id": other, "name": "x", "created_at": times, "modified_at": times,
        }));
        iam["api_keys"].as_array_mut().unwrap().push(json!({
            "id": "ApiKey-99999999-0000-4000-8000-000000000000", "account_id": other, "iam_id": format!("iam-{id}"),
            "name": "x", "apikey": "other-account-key", "created_by": "x", "created_at": times, "modified_at": times,
        }));
        iam["policies"].as_array_mut().unwrap().push(json!({
            "id": "00000000-0000-4000-8000-0000000000fe", "subject": { "iam_id": format!("iam-{id}") },
            "roles": ["crn:v1:bluemix:public:iam::::serviceRole:Manager", "crn:v1:bluemix:public:iam::::role:Administrator"],
            "resource": { "account_id": other }, "created_at": times, "created_by_id": "x",
        }));
    })
    .await;
    let token = lab.token_of("other-account-key").await;
    let mine = format!("/v1/serviceids/{}", seed::STATIC_SERVICE_ID);
    let list = format!("/v1/serviceids?account_id={}", seed::ACCOUNT_ID);
    for (path, status) in [("secrets", 403), (&mine, 404), (&list, 403)] {
        let response = send(lab.anonymous(Method::GET, path).bearer_auth(&token)).await;
        assert_eq!(response.error().0, status, "{path}");
    }
}

/// 1.4: IBM's SDKs compress bodies if they are told to. What is not gzip is named.
#[tokio::test]
async fn compressed_bodies() {
    let lab = Lab::start().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"name": "team"}"#).unwrap();
    let zipped = encoder.finish().unwrap();
    let with = |path: &str, encoding: &str, body: Vec<u8>| {
        let request = lab.request(Method::POST, path).header("content-type", "application/json");
        send(request.header("content-encoding", encoding).body(body))
    };
    let made = with("secret_groups", "gzip", zipped.clone()).await.expect(201);
    assert_eq!(made.text("name"), "team");
    for (path, encoding, body, status) in [
        ("secret_groups", "br", zipped.clone(), 415),
        ("secret_groups", "gzip, deflate", zipped.clone(), 415),
        ("secret_groups", "gzip", b"{}".to_vec(), 400),
        ("/v1/serviceids", "br", zipped.clone(), 415),
        ("/_emulator/faults", "br", zipped, 415),
    ] {
        let refused = with(path, encoding, body).await;
        assert_eq!(refused.status, status, "{path} {encoding}: {}", refused.body);
        let unknown = encoding.rsplit(", ").next().unwrap();
        assert!(refused.body.to_string().contains(unknown), "{}", refused.body);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"operation": "get_secret", "status": 503}"#).unwrap();
    with("/_emulator/faults", "gzip", encoder.finish().unwrap()).await.expect(201);
}
