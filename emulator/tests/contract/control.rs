//! The control API: clock, journal, state, faults, reset.

use crate::lab::{Lab, START, generated_secret, is_reset, send, static_secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const README: &str = include_str!("../../README.md");

/// The clock can be frozen, advanced and started again.
#[tokio::test]
async fn the_clock() {
    let lab = Lab::start().await;
    assert_eq!(lab.get("/_emulator/clock").await.body, json!({ "mode": "frozen", "now": START }));
    let moved = lab.post("/_emulator/clock/advance", json!({ "seconds": 3600 })).await.expect(200);
    assert_eq!(moved.text("now"), "2026-01-10T10:00:00Z");
    let set = json!({ "mode": "frozen", "now": "2030-01-01T00:00:00Z" });
    assert_eq!(lab.put("/_emulator/clock", set.clone()).await.expect(200).body, set);
    let running = lab.put("/_emulator/clock", json!({ "mode": "system" })).await.expect(200);
    assert_eq!(running.text("mode"), "system");
    assert_ne!(running.text("now"), "2030-01-01T00:00:00Z");
    for body in [json!({}), json!({ "mode": "warp" }), json!({ "mode": "frozen", "now": "soon" })] {
        assert_eq!(lab.put("/_emulator/clock", body.clone()).await.error().0, 400, "{body}");
    }
    assert_eq!(lab.post("/_emulator/clock/advance", json!({ "seconds": -1 })).await.error().0, 400);
}

/// The journal names operations, masks secrets, filters, counts, and can be cleared.
#[tokio::test]
async fn the_journal() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    lab.get(&format!("secrets/{id}?x=1")).await.expect(400);
    lab.get(&format!("secrets/{id}")).await.expect(200);
    let all = lab.get("/_emulator/journal").await.expect(200);
    let operations: Vec<_> =
        (0..5).map(|at| all.text(&format!("requests/{at}/operation"))).collect();
    assert_eq!(
        operations,
        ["create_token", "create_configuration", "create_secret", "get_secret", "get_secret"]
    );
    assert_eq!(all.at("total"), 5);
    let text = all.body.to_string();
    let key = lab.get(&format!("secrets/{id}")).await.text("api_key").to_owned();
    for secret in [seed::BOOTSTRAP_API_KEY, seed::ENGINE_API_KEY, &lab.token, &key] {
        assert!(!text.contains(secret));
    }
    let told = lab.get("/_emulator/journal/secrets").await.expect(200).body["secrets"].clone();
    for secret in [seed::BOOTSTRAP_API_KEY, seed::ENGINE_API_KEY, &lab.token, &key] {
        assert!(told.as_array().unwrap().contains(&json!(secret)), "{secret}");
    }
    assert_eq!(all.at("requests/0/authorized"), false);
    assert_eq!(all.at("requests/0/request_body/apikey"), "***");
    assert_eq!(all.at("requests/1/authorized"), true);
    assert_eq!(all.at("requests/1/request_body/api_key"), "***");
    assert_eq!(all.at("requests/2/request_body/name"), "s1");
    assert_eq!(all.at("requests/2/response_body/id"), &json!(id));
    assert_eq!(all.text("requests/3/query"), "x=1");
    assert_eq!(all.at("requests/3/status"), 400);
    assert_eq!(all.at("requests/3/seq"), 4);
    for (query, total) in [
        ("method=GET", 3),
        ("operation=get_secret", 3),
        ("operation=get_secret&status=200", 2),
        ("path=/secrets", 4),
        ("path=/secrets&method=post", 1),
        ("after=5", 1),
    ] {
        let found = lab.get(&format!("/_emulator/journal?{query}")).await.expect(200);
        assert_eq!(found.at("total"), total, "{query}");
    }
    let last = lab.get("/_emulator/journal?limit=1").await.expect(200);
    assert_eq!(last.at("total"), 6);
    assert_eq!(last.at("requests").as_array().unwrap().len(), 1);
    assert_eq!(last.at("requests/0/seq"), 6);
    assert_eq!(lab.get("/_emulator/journal?colour=red").await.error().0, 400);
    lab.delete("/_emulator/journal").await.expect(204);
    assert_eq!(lab.get("/_emulator/journal").await.at("total"), 0);
    assert_eq!(lab.get("/_emulator/journal/secrets").await.at("secrets"), &json!([]));
}

/// A state survives `GET` and `PUT` unchanged.
#[tokio::test]
async fn the_state_round_trips() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let read = lab.get(&format!("secrets/{id}")).await.expect(200);
    let state = lab.state().await;
    let other = Lab::start().await;
    other.put("/_emulator/state", state.clone()).await.expect(204);
    assert_eq!(other.state().await, state);
    let again = other.get(&format!("secrets/{id}")).await.expect(200);
    assert_eq!(again.body, read.body);
    assert!(other.accepts(read.text("api_key")).await);
}

/// The error names what is wrong with a state, and the former state stays.
#[tokio::test]
async fn an_invalid_state_is_refused() {
    let lab = Lab::start().await;
    let before = lab.state().await;
    for (state, words) in [
        (json!({ "colour": "red" }), "unknown field `colour`"),
        (json!({ "iam": { "accounts": [{ "id": "a" }] } }), "missing field `name`"),
        (
            json!({ "iam": { "accounts": [{ "id": "a", "name": "x" }, { "id": "a", "name": "y" }] } }),
            "two objects are called a",
        ),
        (json!([]), ""),
    ] {
        let response = lab.put("/_emulator/state", state).await;
        assert_eq!(response.error().0, 400);
        assert!(response.error().2.contains(words), "{}", response.error().2);
    }
    assert_eq!(lab.state().await, before);
}

/// The README's example is a valid state with the secret it describes.
#[tokio::test]
async fn the_example_state_works() {
    let example = README.split("```json\n").nth(2).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let lab = Lab::start().await;
    lab.edit(|state| {
        for (half, kinds) in example.as_object().unwrap() {
            for (kind, rows) in kinds.as_object().unwrap() {
                let present = state[half][kind].as_array_mut().unwrap();
                present.retain(|row| {
                    rows.as_array().unwrap().iter().all(|new| new["id"] != row["id"])
                });
                present.extend(rows.as_array().unwrap().iter().cloned());
            }
        }
    })
    .await;
    let read = lab.get("secrets/fedcba98-7654-4321-8fed-cba987654321").await.expect(200);
    assert_eq!(read.text("api_key"), "EXAMPLE-k3y_0123456789abcdefghijklmnopqrstuv");
    assert_eq!(read.at("versions_total"), 2);
    assert_eq!(read.text("next_rotation_date"), "2026-02-10T09:00:00Z");
    assert!(lab.accepts(read.text("api_key")).await);
}

/// A reset restores the initial state.
#[tokio::test]
async fn a_reset() {
    let lab = Lab::start().await;
    let before = lab.state().await;
    lab.configure().await;
    lab.post("/_emulator/faults", json!({ "status": 500 })).await.expect(201);
    lab.advance(60).await;
    lab.post("/_emulator/reset", json!({})).await.expect(204);
    assert_eq!(lab.state().await, before);
    assert_eq!(lab.get("/_emulator/clock").await.text("now"), START);
    assert_eq!(lab.get("/_emulator/faults").await.at("faults"), &json!([]));
    assert_eq!(lab.get("/_emulator/journal").await.at("total"), 0);
}

/// 1.7: a status replaces the operation, with `Retry-After`.
#[tokio::test]
async fn an_injected_status() {
    let lab = Lab::start().await;
    let fault =
        json!({ "operation": "create_secret_group", "nth": 2, "status": 429, "retry_after": 7 });
    let made = lab.post("/_emulator/faults", fault).await.expect(201);
    assert_eq!(made.at("id"), 1);
    lab.post("secret_groups", json!({ "name": "g1" })).await.expect(201);
    let struck = lab.post("secret_groups", json!({ "name": "g2" })).await.expect(429);
    assert_eq!(struck.header("retry-after"), "7");
    assert_eq!(struck.at("status_code"), 429);
    assert!(!struck.text("errors/0/code").is_empty());
    lab.post("secret_groups", json!({ "name": "g3" })).await.expect(201);
    assert_eq!(lab.get("secret_groups").await.at("total_count"), 4);
    let faults = lab.get("/_emulator/faults").await;
    assert_eq!(
        (faults.at("faults/0/matched"), faults.at("faults/0/fired")),
        (&json!(3), &json!(1))
    );
    let entry = lab.get("/_emulator/journal?status=429").await;
    assert_eq!(entry.at("requests/0/fault"), true);
    lab.delete("/_emulator/faults").await.expect(204);
    assert_eq!(lab.get("/_emulator/faults").await.at("faults"), &json!([]));
}

/// A rate limit, by the second.
#[tokio::test]
async fn a_rate_limit() {
    let lab = Lab::start().await;
    let fault =
        json!({ "above_per_second": 2, "status": 429, "retry_after": 1, "path": "/secret_groups" });
    lab.post("/_emulator/faults", fault).await.expect(201);
    for _ in 0..2 {
        lab.get("secret_groups").await.expect(200);
        lab.get("secret_groups").await.expect(200);
        assert_eq!(lab.get("secret_groups").await.expect(429).header("retry-after"), "1");
        lab.get("secrets").await.expect(200);
        lab.advance(1).await;
    }
}

/// A status comes before the change or after it.
#[tokio::test]
async fn an_injected_status_after_the_change() {
    let lab = Lab::start().await;
    for (at, groups) in [("before_commit", 2), ("after_commit", 3)] {
        let fault = json!({ "operation": "create_secret_group", "status": 504, "at": at });
        lab.post("/_emulator/faults", fault).await.expect(201);
        let struck = lab.post("secret_groups", json!({ "name": "g1" })).await.expect(504);
        assert_eq!(struck.at("status_code"), 504);
        lab.delete("/_emulator/faults").await.expect(204);
        assert_eq!(lab.get("secret_groups").await.at("total_count"), groups, "{at}");
    }
}

/// An error response repeats the secrets of its request: a token, and the key in a body.
#[tokio::test]
async fn an_echo() {
    let lab = Lab::start().await;
    let engine = json!({ "config_type": "iam_credentials_configuration", "name": "engine",
                         "api_key": seed::ENGINE_API_KEY });
    for (echo, path, begin) in [
        ("message", "errors/0/message", format!("Cannot read Bearer {} {{", lab.token)),
        (
            "base64",
            "errors/0/message",
            STANDARD.encode(format!("Cannot read Bearer {}", lab.token))[..40].to_owned(),
        ),
        ("split", "errors/1/message", seed::ENGINE_API_KEY[22..].to_owned()),
        ("request_id", "trace", seed::ENGINE_API_KEY.to_owned()),
    ] {
        lab.delete("/_emulator/faults").await.expect(204);
        lab.post("/_emulator/faults", json!({ "status": 400, "echo": echo })).await.expect(201);
        let struck = lab.post("configurations", engine.clone()).await.expect(400);
        assert!(struck.text(path).starts_with(&begin), "{echo}: {}", struck.body);
        let id = struck.header("x-correlation-id");
        assert_eq!(id == seed::ENGINE_API_KEY, echo == "request_id", "{echo}: {id}");
        let form = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", seed::ENGINE_API_KEY),
        ];
        let struck =
            send(lab.request(Method::POST, "/identity/token").form(&form)).await.expect(400);
        let (code, message) = (struck.text("errorCode"), struck.text("errorMessage"));
        assert_eq!(
            format!("{code}{message}") == seed::ENGINE_API_KEY,
            echo == "split",
            "{}",
            struck.body
        );
        assert_eq!(message.contains(seed::ENGINE_API_KEY), echo == "message", "{}", struck.body);
    }
}

/// The connection is reset before or after the change.
#[tokio::test]
async fn dropped_connections() {
    let lab = Lab::start().await;
    for (reset, groups) in [("before_commit", 2), ("after_commit", 3)] {
        lab.post(
            "/_emulator/faults",
            json!({ "operation": "create_secret_group", "reset": reset }),
        )
        .await
        .expect(201);
        let request = lab.request(Method::POST, "secret_groups").json(&json!({ "name": "g1" }));
        assert!(is_reset(&request.send().await.unwrap_err()), "{reset}");
        lab.delete("/_emulator/faults").await.expect(204);
        assert_eq!(lab.get("secret_groups").await.at("total_count"), groups, "{reset}");
        let entry = lab.get("/_emulator/journal?operation=create_secret_group&limit=1").await;
        assert_eq!(entry.at("requests/0/status"), &Value::Null);
    }
}

/// A request is held before or after the change, until the faults are removed.
#[tokio::test]
async fn held_requests() {
    let lab = Lab::start().await;
    for (hold, while_held, afterwards) in [("before_commit", 2, 3), ("after_commit", 4, 4)] {
        let fault = json!({ "operation": "create_secret_group", "hold": hold });
        lab.post("/_emulator/faults", fault).await.expect(201);
        let create = lab.post("secret_groups", json!({ "name": hold }));
        let release = async {
            while lab.get("/_emulator/faults").await.at("faults/0/held") != &json!(1) {}
            assert_eq!(lab.get("secret_groups").await.at("total_count"), while_held, "{hold}");
            lab.delete("/_emulator/faults").await.expect(204);
        };
        let (created, ()) = tokio::join!(create, release);
        created.expect(201);
        assert_eq!(lab.get("secret_groups").await.at("total_count"), afterwards, "{hold}");
    }
}

/// Together with a reset, nothing is changed, whatever becomes of the client meanwhile.
#[tokio::test]
async fn a_held_request_may_be_dropped_when_it_is_released() {
    let lab = Lab::start().await;
    let fault = json!({ "operation": "create_secret_group", "hold": "before_commit",
                        "reset": "before_commit" });
    lab.post("/_emulator/faults", fault).await.expect(201);
    let request = lab.request(Method::POST, "secret_groups").json(&json!({ "name": "g1" }));
    let release = async {
        while lab.get("/_emulator/faults").await.at("faults/0/held") != &json!(1) {}
        lab.delete("/_emulator/faults").await.expect(204);
    };
    let (sent, ()) = tokio::join!(request.send(), release);
    assert!(sent.is_err());
    assert_eq!(lab.get("secret_groups").await.at("total_count"), 2);
}

/// 1.7, 1.5, 2.9: both forms of `Retry-After`, and the code that belongs to a status.
#[tokio::test]
async fn an_injected_status_looks_like_a_real_one() {
    let lab = Lab::start().await;
    let date = "Sat, 10 Jan 2026 09:00:05 GMT";
    for (path, status, code) in [
        ("secret_groups", 401, "errors/0/code=secrets-manager.Error00401"),
        ("secret_groups", 403, "errors/0/code=secrets-manager.Error00403"),
        ("secret_groups", 503, "errors/0/code=secrets-manager.Error00500"),
        ("/identity/token", 400, "errorCode=BXNIM0415E"),
    ] {
        let fault = json!({ "status": status, "retry_after": date, "times": 1 });
        lab.post("/_emulator/faults", fault).await.expect(201);
        let struck = lab.post(path, json!({})).await.expect(status);
        let (pointer, code) = code.split_once('=').unwrap();
        assert_eq!(struck.text(pointer), code, "{path} {status}");
        assert_eq!(struck.header("retry-after"), date);
    }
}

/// The response is corrupted, but the change is made.
#[tokio::test]
async fn corrupted_responses() {
    let lab = Lab::start().await;
    let strike = async |body: &str, name: &str| {
        lab.post(
            "/_emulator/faults",
            json!({ "operation": "create_secret_group", "body": body, "times": 1 }),
        )
        .await
        .expect(201);
        lab.request(Method::POST, "secret_groups")
            .json(&json!({ "name": name }))
            .send()
            .await
            .unwrap()
    };
    let truncated = strike("truncated", "g1").await;
    assert_eq!(truncated.status(), 201);
    assert!(truncated.text().await.is_err());
    let invalid = strike("invalid_json", "g2").await;
    assert_eq!(invalid.headers()["content-type"], "application/json");
    assert!(serde_json::from_str::<Value>(&invalid.text().await.unwrap()).is_err());
    let html = strike("wrong_content_type", "g3").await;
    assert_eq!(html.headers()["content-type"], "text/html");
    assert_eq!(lab.get("secret_groups").await.at("total_count"), 5);
}

/// A fault without an effect, or with an unknown field, is refused.
#[tokio::test]
async fn invalid_faults_are_refused() {
    let lab = Lab::start().await;
    for fault in [
        json!({}),
        json!({ "operation": "get_secret" }),
        json!({ "status": 500, "colour": "red" }),
        json!({ "reset": "maybe" }),
        json!({ "hold": "maybe" }),
        json!({ "status": 503, "retry_after": -1 }),
    ] {
        assert_eq!(lab.post("/_emulator/faults", fault.clone()).await.error().0, 400, "{fault}");
    }
}

/// The control API is not in the journal and needs no token.
#[tokio::test]
async fn the_control_api_is_separate() {
    let lab = Lab::start().await;
    lab.delete("/_emulator/journal").await.expect(204);
    let health = send(lab.anonymous(Method::GET, "/_emulator/healthz")).await.expect(200);
    assert_eq!(health.text("status"), "ok");
    assert_eq!(lab.get("/_emulator/journal").await.at("total"), 0);
    assert_eq!(lab.get("/_emulator/nonsense").await.error().0, 404);
}

/// Every described method is served, and every switch and object type is described.
#[tokio::test]
async fn the_description_is_complete() {
    let lab = Lab::start().await;
    let openapi = lab.get("/_emulator/openapi.json").await.expect(200);
    let mut operations = 0;
    for (path, methods) in openapi.at("paths").as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{id}", "none").replace("{client}", "go");
            let response = send(lab.request(method.clone(), &path).json(&json!({}))).await;
            let responses = operation["responses"].as_object().unwrap();
            let described = responses.contains_key(&response.status.to_string());
            assert!(described, "{method} {path}: {}", response.status);
            operations += 1;
        }
    }
    assert_eq!(operations, 18);
    let state = lab.state().await;
    let schema = &openapi.body["components"]["schemas"]["State"]["properties"];
    for half in ["iam", "secrets_manager"] {
        let described: Vec<_> = schema[half]["properties"].as_object().unwrap().keys().collect();
        let there: Vec<_> = state[half].as_object().unwrap().keys().collect();
        assert_eq!(described, there);
    }
    let described =
        openapi.body["components"]["schemas"]["Switches"]["properties"].as_object().unwrap();
    let there = lab.get("/_emulator/switches").await;
    for (name, value) in there.body.as_object().unwrap() {
        assert_eq!(described[name]["default"], *value, "{name}");
    }
    assert_eq!(described.len(), there.body.as_object().unwrap().len());
}
