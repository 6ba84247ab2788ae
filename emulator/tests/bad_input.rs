//! Nonsense of every kind on every route: the response has IBM's format, never reports a bug, and a
//! refusal changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]

#[path = "support/lab.rs"]
#[allow(dead_code, reason = "shared with the contract tests")]
mod lab;

use ibm_sm_emulator::http::errors::Family;
use ibm_sm_emulator::http::operation::Operation;
use ibm_sm_emulator::{http, seed};
use lab::{Lab, generated_secret, send};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value};

/// The number of requests to try.
const CASES: u32 = 600;

/// Names that have a meaning somewhere, so that nonsense passes the first check.
const NAMES: &[&str] = &[
    "name",
    "ttl",
    "secret_type",
    "reuse_api_key",
    "access_groups",
    "service_id",
    "account_id",
    "rotation",
    "auto_rotate",
    "interval",
    "unit",
    "labels",
    "custom_metadata",
    "version_custom_metadata",
    "locks",
    "attributes",
    "config_type",
    "api_key",
    "disabled",
    "members",
    "iam_id",
    "type",
    "groups",
    "apikey",
    "expires_at",
    "restore_from_version",
    "payload",
    "subjects",
    "resources",
    "roles",
    "role_id",
    "description",
    "limit",
    "offset",
    "sort",
    "search",
    "pagesize",
    "pagetoken",
    "order",
    "mode",
    "secret_types",
];

/// Values that have a meaning somewhere.
const TEXTS: &[&str] = &[
    "",
    "s1",
    "default",
    "iam_credentials",
    "arbitrary",
    "iam_credentials_configuration",
    "60",
    "90d",
    "1h30m",
    "day",
    "month",
    "hour",
    "current",
    "previous",
    "remove_previous",
    "true",
    "-1",
    "0",
    "18446744073709551615",
    "99999999999999999999",
    "access",
    "authorization",
    "service",
    "é",
    "\u{0}",
    "%00",
    "../..",
    "a,b,,c",
    "2026-01-10T09:00:00Z",
    "9999-12-31T23:59:59Z",
    "999999999/x",
    "OTk5OTk5OTk5OTk5OTk5OTk5OTkvYQ",
    seed::ACCOUNT_ID,
    seed::INSTANCE_ID,
    seed::STATIC_SERVICE_ID,
    seed::ENGINE_API_KEY,
    seed::ACCESS_GROUP_IDS[0],
];

#[derive(Clone, Debug)]
struct Nonsense {
    operation: usize,
    parameters: Vec<String>,
    query: Vec<(String, String)>,
    body: Body,
    content_type: &'static str,
}

#[derive(Clone, Debug)]
enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(TEXTS).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(NAMES).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn nonsense(operations: usize) -> impl Strategy<Value = Nonsense> {
    let body = prop_oneof![
        6 => json().prop_map(Body::Json),
        1 => proptest::collection::vec(any::<u8>(), 0..64).prop_map(Body::Bytes),
    ];
    let content_types = [
        "application/json",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "x",
    ];
    (
        0..operations,
        proptest::collection::vec(text(), 4),
        proptest::collection::vec((name(), text()), 0..3),
        body,
        proptest::sample::select(content_types.to_vec()),
    )
        .prop_map(|(operation, parameters, query, body, content_type)| Nonsense {
            operation,
            parameters,
            query,
            body,
            content_type,
        })
}

/// The operation's path with nonsense in its parameters; the instance and, half the time, the
/// secret are real.
fn path(operation: &Operation, secret: &str, nonsense: &Nonsense) -> String {
    let mut parameters = nonsense.parameters.iter();
    let segments = operation.path.split('/').map(|segment| match segment {
        "{instance_id}" => seed::INSTANCE_ID.to_owned(),
        "{secret_id}" if nonsense.parameters[0].len().is_multiple_of(2) => secret.to_owned(),
        segment if segment.starts_with('{') => {
            let text = parameters.next().map_or("x", String::as_str);
            // An empty segment is another route.
            let text = if text.is_empty() { "x" } else { text };
            text.bytes().map(|byte| format!("%{byte:02X}")).collect()
        }
        segment => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn try_one(lab: &Lab, operations: &[&'static Operation], secret: &str, nonsense: &Nonsense) {
    let operation = operations[nonsense.operation];
    let before = lab.state().await;
    let path = path(operation, secret, nonsense);
    let body = match &nonsense.body {
        Body::Json(value) => value.to_string().into_bytes(),
        Body::Bytes(bytes) => bytes.clone(),
    };
    let request = lab
        .request(operation.method.clone(), &path)
        .query(&nonsense.query)
        .header("content-type", nonsense.content_type)
        .body(body);
    let response = send(request).await;
    assert!(response.status < 500, "{} {}: {}", operation.name, response.status, response.body);
    // The response to HEAD has no body.
    if response.status >= 300 && operation.method != "HEAD" {
        let code = match Family::of(&path) {
            Family::Token => "errorCode",
            _ => "errors/0/code",
        };
        assert!(!response.text(code).is_empty(), "{}", operation.name);
        assert_eq!(
            lab.state().await,
            before,
            "{} was refused and changed something",
            operation.name
        );
    }
}

#[test]
fn no_route_fails_on_nonsense() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lab = runtime.block_on(Lab::with_engine());
    let secret = runtime.block_on(lab.secret(generated_secret("s1", true)));
    let operations: Vec<_> = http::operations().collect();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&nonsense(operations.len()), |nonsense| {
            runtime.block_on(try_one(&lab, &operations, &secret, &nonsense));
            Ok(())
        })
        .unwrap();
}
