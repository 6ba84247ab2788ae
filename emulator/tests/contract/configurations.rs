//! The configuration of the IAM credentials engine (2.8, 4.2).

use crate::lab::{Lab, START, generated_secret, send, static_secret};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

fn body() -> Value {
    json!({
        "config_type": "iam_credentials_configuration",
        "name": "engine",
        "api_key": seed::ENGINE_API_KEY,
    })
}

/// 2.8: create, read, update, delete.
#[tokio::test]
async fn a_configuration_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab.post("configurations", body()).await.expect(201);
    assert_eq!(
        made.body,
        json!({
            "config_type": "iam_credentials_configuration",
            "name": "engine",
            "secret_type": "iam_credentials",
            "created_by": format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID),
            "created_at": START,
            "updated_at": START,
            "disabled": false,
            "api_key": seed::ENGINE_API_KEY,
        })
    );
    assert_eq!(lab.get("configurations/engine").await.expect(200).body, made.body);
    let changed = lab.patch("configurations/engine", json!({ "disabled": true })).await.expect(200);
    assert_eq!(changed.at("disabled"), true);
    assert_eq!(changed.text("api_key"), seed::ENGINE_API_KEY);
    lab.delete("configurations/engine").await.expect(204);
    assert_eq!(lab.get("configurations/engine").await.error().0, 404);
}

/// 2.8: the list contains no keys.
#[tokio::test]
async fn the_list_contains_metadata_only() {
    let lab = Lab::with_engine().await;
    let list = lab.get("configurations").await.expect(200);
    assert_eq!(list.at("total_count"), 1);
    assert_eq!(list.text("configurations/0/name"), "engine");
    assert_eq!(list.at("configurations/0").get("api_key"), None);
    for (query, total) in [
        ("secret_types=iam_credentials", 1),
        ("secret_types=public_cert,private_cert", 0),
        ("search=ENG", 1),
        ("search=iam_credentials_conf", 1),
        ("search=zz", 0),
        ("sort=-name", 1),
    ] {
        let list = lab.get(&format!("configurations?{query}")).await.expect(200);
        assert_eq!(list.at("total_count"), total, "{query}");
    }
    for query in ["sort=created_at", "secret_types=kv", "limit=0", "search=a", "colour=red"] {
        let response = lab.get(&format!("configurations?{query}")).await;
        assert_eq!(response.error().0, 400, "{query}");
    }
}

/// 2.8, 2.2: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    for (field, value, status) in [
        ("config_type", json!("private_cert_configuration_root_ca"), 400),
        ("config_type", json!("x"), 400),
        ("config_type", Value::Null, 400),
        ("name", json!("a"), 400),
        ("name", json!("a".repeat(129)), 400),
        ("api_key", json!("abc"), 400),
        ("api_key", json!("a key with spaces..."), 400),
        ("api_key", json!(5), 400),
        ("disabled", json!("yes"), 400),
        ("colour", json!("red"), 422),
    ] {
        let mut body = body();
        body[field] = value.clone();
        assert_eq!(lab.post("configurations", body).await.error().0, status, "{field} {value}");
    }
    assert_eq!(lab.get("configurations").await.at("total_count"), 0);
}

/// 2.8: the key is checked with IAM on configuration.
#[tokio::test]
async fn a_key_that_iam_does_not_know_is_refused() {
    let lab = Lab::start().await;
    let mut unknown = body();
    unknown["api_key"] = json!("unknown-key-0123456789abcdefghijklmnopqrstuv");
    let response = lab.post("configurations", unknown.clone()).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error00400"));
    assert!(!response.error().2.contains("unknown-key"));
    lab.configure().await;
    let patch = json!({ "api_key": unknown["api_key"] });
    assert_eq!(lab.patch("configurations/engine", patch).await.error().0, 400);
    let patch = json!({ "api_key": seed::BOOTSTRAP_API_KEY });
    let changed = lab.patch("configurations/engine", patch).await.expect(200);
    assert_eq!(changed.text("api_key"), seed::BOOTSTRAP_API_KEY);
}

/// 2.8: one IAM configuration per instance, whatever its name.
#[tokio::test]
async fn a_second_configuration_is_refused() {
    let lab = Lab::with_engine().await;
    let mut second = body();
    second["name"] = json!("another");
    for (switch, status, code) in [
        ("bad_request", 400, "secrets-manager.Error00400"),
        ("conflict", 409, "secrets-manager.Error00409"),
    ] {
        lab.put("/_emulator/switches", json!({ "second_engine": switch })).await.expect(200);
        let response = lab.post("configurations", second.clone()).await;
        assert_eq!((response.error().0, response.error().1), (status, code));
        assert!(response.error().2.contains("already exists"));
        assert!(response.error().2.contains("reached the maximum"));
    }
}

/// 2.8: only `api_key` and `disabled` can be changed.
#[tokio::test]
async fn nothing_else_can_be_patched() {
    let lab = Lab::with_engine().await;
    for patch in [json!({ "name": "other" }), json!({ "config_type": "x" })] {
        let response = lab.patch("configurations/engine", patch).await;
        assert_eq!((response.error().0, response.error().1), (422, "secrets-manager.Error00422"));
    }
    assert_eq!(lab.patch("configurations/engine", json!({ "api_key": null })).await.error().0, 400);
}

/// 2.8: the header selects the configuration type.
#[tokio::test]
async fn the_configuration_type_header() {
    let lab = Lab::with_engine().await;
    for (value, status) in [
        ("iam_credentials_configuration", 200),
        ("private_cert_configuration_template", 404),
        ("something", 400),
    ] {
        let request = lab
            .request(Method::GET, "configurations/engine")
            .header("X-Sm-Accept-Configuration-Type", value);
        assert_eq!(send(request).await.status, status, "{value}");
    }
}

/// 2.8: a configuration cannot be deleted while its engine has secrets.
#[tokio::test]
async fn a_configuration_in_use_is_not_deleted() {
    let lab = Lab::with_engine().await;
    let secret = lab.secret(static_secret("s1", true)).await;
    let response = lab.delete("configurations/engine").await;
    assert_eq!((response.error().0, response.error().1), (409, "secrets-manager.Error00409"));
    lab.delete(&format!("secrets/{secret}")).await.expect(204);
    lab.delete("configurations/engine").await.expect(204);
}

/// 4.2: without an engine, or with a disabled key, no secret can be created.
#[tokio::test]
async fn secrets_need_an_engine() {
    let lab = Lab::start().await;
    let response = lab.post("secrets", static_secret("s1", true)).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01002"));
    assert!(response.error().2.contains("engine is not configured"));
    lab.configure().await;
    lab.patch("configurations/engine", json!({ "disabled": true })).await.expect(200);
    let response = lab.post("secrets", static_secret("s1", true)).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01002"));
    assert_eq!(lab.get("secrets").await.at("total_count"), 0);
}

/// 4.2: the engine's token outlives its key for up to an hour, but not its identity.
#[tokio::test]
async fn the_engine_still_works_after_its_key_is_deleted() {
    let lab = Lab::with_engine().await;
    let secret = lab.secret(generated_secret("s1", false)).await;
    let key = seed::ENGINE_SERVICE_ID.replace("ServiceId", "ApiKey");
    lab.delete(&format!("/v1/apikeys/{key}")).await.expect(204);
    let path = format!("secrets/{secret}");
    lab.get(&path).await.expect(200);
    lab.advance(3599).await;
    lab.get(&path).await.expect(200);
    lab.advance(1).await;
    let response = lab.with_new_token().await.get(&path).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01002"));
}

/// 4.2: IAM refuses an engine without the required roles.
#[tokio::test]
async fn the_engine_needs_its_roles() {
    let lab = Lab::start().await;
    let mut weak = body();
    weak["api_key"] = json!(seed::WRITER_API_KEY);
    lab.post("configurations", weak).await.expect(201);
    let response = lab.post("secrets", static_secret("s1", true)).await;
    assert_eq!((response.error().0, response.error().1), (403, "secrets-manager.Error00403"));
    assert!(response.error().2.contains("engine lacks a role"));
}

/// 2.1, C1 to C5: roles. Writers and readers can list; only a Manager sees the key.
#[tokio::test]
async fn roles() {
    let lab = Lab::with_engine().await;
    for key in [seed::READER_API_KEY, seed::WRITER_API_KEY] {
        let token = lab.token_of(key).await;
        for (method, path, status) in [
            (Method::GET, "configurations", 200),
            (Method::GET, "configurations/engine", 403),
            (Method::POST, "configurations", 403),
            (Method::PATCH, "configurations/engine", 403),
            (Method::DELETE, "configurations/engine", 403),
        ] {
            let response = send(lab.anonymous(method.clone(), path).bearer_auth(&token)).await;
            assert_eq!(response.status, status, "{key} {method} {path}");
        }
    }
}
