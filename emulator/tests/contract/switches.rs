//! Behaviour on which IBM's documentation is silent or contradicts itself (6.1, 6.2), by switch.

use crate::lab::{Lab, generated_secret, send, static_secret, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

async fn lab(switches: Value) -> Lab {
    let lab = Lab::with_engine().await;
    lab.put("/_emulator/switches", switches).await.expect(200);
    lab
}

/// The switches and their defaults of 6.3.
#[tokio::test]
async fn defaults() {
    let lab = Lab::start().await;
    let defaults = json!({
        "on_reuse_expiry": "regenerate",
        "first_read": "adds_version",
        "iam_propagation_seconds": 0,
        "ttl_echo": "seconds",
        "custom_metadata_patch": "replace",
        "iam_lock_reply": "empty",
        "configuration_reply": "with_key",
        "list_entries": "whole",
        "second_engine": "bad_request",
        "taken_name": "conflict",
        "rotation_month": "thirty_days",
        "rate_limit_per_second": 0,
    });
    assert_eq!(lab.get("/_emulator/switches").await.expect(200).body, defaults);
    lab.put("/_emulator/switches", json!({ "ttl_echo": "as_given" })).await.expect(200);
    assert_eq!(lab.get("/_emulator/switches").await.text("ttl_echo"), "as_given");
    assert_eq!(lab.put("/_emulator/switches", json!({})).await.expect(200).body, defaults);
    for wrong in [json!({ "ttl_echo": "loud" }), json!({ "colour": "red" })] {
        assert_eq!(lab.put("/_emulator/switches", wrong).await.error().0, 400);
    }
}

/// 4.4: a time to live as the caller wrote it.
#[tokio::test]
async fn ttl_as_given() {
    let lab = lab(json!({ "ttl_echo": "as_given" })).await;
    let made = lab
        .post("secrets", with(static_secret("s1", true), json!({ "ttl": "30m" })))
        .await
        .expect(201);
    assert_eq!(made.text("ttl"), "30m");
    let path = format!("secrets/{}/metadata", made.text("id"));
    let changed = lab.patch(&path, json!({ "ttl": 3600 })).await.expect(200);
    assert_eq!(changed.text("ttl"), "3600");
}

/// S2: a list that tells less than a read.
#[tokio::test]
async fn brief_list_entries() {
    let lab = lab(json!({ "list_entries": "brief" })).await;
    let id = lab.secret(with(static_secret("s1", true), json!({ "description": "text" }))).await;
    let listed = lab.get("secrets").await.expect(200);
    assert_eq!(listed.text("secrets/0/id"), id);
    assert!(listed.at("secrets/0").get("description").is_none());
    let read = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(read.text("description"), "text");
}

/// S6: custom metadata is merged according to RFC 7396.
#[tokio::test]
async fn merged_metadata() {
    let lab = lab(json!({ "custom_metadata_patch": "merge" })).await;
    let body = json!({ "custom_metadata": { "a": { "x": 1, "y": 2 }, "b": 1 } });
    let id = lab.secret(with(static_secret("s1", true), body)).await;
    let path = format!("secrets/{id}/metadata");
    let patch = json!({ "custom_metadata": { "a": { "x": null, "z": { "n": null, "m": 1 } }, "b": [1], "c": "d" } });
    let changed = lab.patch(&path, patch).await.expect(200);
    assert_eq!(
        *changed.at("custom_metadata"),
        json!({ "a": { "y": 2, "z": { "m": 1 } }, "b": [1], "c": "d" })
    );
    let half = |name: &str| json!({ "custom_metadata": { name: "x".repeat(6000) } });
    lab.patch(&path, half("one")).await.expect(200);
    assert_eq!(lab.patch(&path, half("two")).await.error().0, 400, "10 KB in all");
}

/// 2.8, 6.3: names that are taken, at a create and at a rename.
#[tokio::test]
async fn taken_names() {
    for (switch, expected) in [
        ("conflict", (409, "secrets-manager.Error00409")),
        ("bad_request", (400, "secrets-manager.Error00400")),
    ] {
        let lab = lab(json!({ "taken_name": switch })).await;
        lab.secret(static_secret("s1", true)).await;
        let second = lab.secret(static_secret("s2", true)).await;
        lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
        let group = lab.post("secret_groups", json!({ "name": "team-b" })).await.expect(201);
        for refused in [
            lab.post("secrets", static_secret("s1", true)).await,
            lab.patch(&format!("secrets/{second}/metadata"), json!({ "name": "s1" })).await,
            lab.post("secret_groups", json!({ "name": "team-a" })).await,
            lab.patch(&format!("secret_groups/{}", group.text("id")), json!({ "name": "team-a" }))
                .await,
        ] {
            assert_eq!((refused.error().0, refused.error().1), expected);
            assert!(refused.error().2.contains("already exists"), "{}", refused.error().2);
        }
    }
}

/// 3.1: older revisions returned the entity on lock.
#[tokio::test]
async fn locks_that_return_the_entity() {
    let lab = lab(json!({ "iam_lock_reply": "entity" })).await;
    let path = format!("/v1/serviceids/{}/lock", seed::STATIC_SERVICE_ID);
    assert_eq!(lab.post(&path, json!({})).await.expect(200).at("locked"), true);
    assert_eq!(lab.delete(&path).await.expect(200).at("locked"), false);
}

/// 2.8: only a read returns the engine's key.
#[tokio::test]
async fn configurations_returned_without_their_key() {
    let lab = lab(json!({ "configuration_reply": "without_key" })).await;
    let changed =
        lab.patch("configurations/engine", json!({ "disabled": false })).await.expect(200);
    assert!(!changed.has("api_key"));
    assert_eq!(lab.get("configurations/engine").await.text("api_key"), seed::ENGINE_API_KEY);
    lab.delete("configurations/engine").await.expect(204);
    assert!(!lab.configure().await.has("api_key"));
}

/// 2.8: a name that exists in two types needs the header.
#[tokio::test]
async fn configurations_of_the_same_name() {
    let lab = Lab::with_engine().await;
    lab.edit(|state| {
        let configurations = state["secrets_manager"]["configurations"].as_array_mut().unwrap();
        let mut twin = configurations[0].clone();
        twin["config_type"] = json!("private_cert_configuration_root_ca");
        configurations.push(twin);
    })
    .await;
    let with_type = async |method: Method, config_type: &str| {
        let request = lab.request(method, "configurations/engine");
        send(request.header("X-Sm-Accept-Configuration-Type", config_type)).await
    };
    for method in [Method::GET, Method::DELETE] {
        let response = send(lab.request(method, "configurations/engine")).await;
        assert_eq!((response.error().0, response.error().1), (300, "secrets-manager.Error00300"));
    }
    let mine = with_type(Method::GET, "iam_credentials_configuration").await.expect(200);
    assert_eq!(mine.text("config_type"), "iam_credentials_configuration");
    let twin = with_type(Method::GET, "private_cert_configuration_root_ca").await.expect(200);
    assert!(!twin.has("api_key"));
    let list = lab.get("configurations?sort=-config_type").await.expect(200);
    assert_eq!(list.at("total_count"), 2);
    assert_eq!(list.text("configurations/0/secret_type"), "private_cert");
    with_type(Method::DELETE, "private_cert_configuration_root_ca").await.expect(204);
    lab.get("configurations/engine").await.expect(200);
}

/// 4.6: deleting an instance leaves its engine's objects in IAM.
#[tokio::test]
async fn a_deleted_instance_leaves_its_credentials_behind() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let secret = lab.get(&format!("secrets/{id}")).await.expect(200);
    lab.post("secret_groups", json!({ "name": "g1" })).await.expect(201);
    lab.delete(&format!("/_emulator/instances/{}", seed::INSTANCE_ID)).await.expect(204);
    let path = format!("secrets/{id}");
    for path in ["secrets", &path, &format!("{path}/metadata")] {
        assert_eq!(lab.get(path).await.error().0, 404, "{path}");
    }
    assert_eq!(lab.delete(&path).await.error().0, 404);
    let state = lab.state().await;
    for (kind, left) in
        [("instances", 1), ("secrets", 0), ("secret_groups", 1), ("configurations", 0)]
    {
        let objects = state["secrets_manager"][kind].as_array().unwrap();
        assert_eq!(objects.len(), left, "{kind}");
        for object in objects {
            let instance = object.get("instance_id").unwrap_or(&object["id"]);
            assert_eq!(instance, seed::OTHER_INSTANCE_ID, "{kind}");
        }
    }
    assert!(lab.accepts(secret.text("api_key")).await);
    assert_eq!(lab.engine_objects().await.len(), 2);
    assert_eq!(lab.delete("/_emulator/instances/x").await.error().0, 404);
}

/// 2.9: a rate limit of each instance, with the second to wait; IAM is not limited.
#[tokio::test]
async fn rate_limit() {
    let lab = lab(json!({ "rate_limit_per_second": 2 })).await;
    for _ in 0..2 {
        lab.get("secrets").await.expect(200);
    }
    let refused = lab.post("secrets", static_secret("s1", true)).await;
    assert_eq!((refused.error().0, refused.error().1), (429, "secrets-manager.Error00429"));
    assert_eq!(refused.header("retry-after"), "1");
    lab.token_of(seed::BOOTSTRAP_API_KEY).await;
    let token = lab.token_of(seed::OTHER_BOOTSTRAP_API_KEY).await;
    let other = format!("/instances/{}/api/v2/secrets", seed::OTHER_INSTANCE_ID);
    send(lab.anonymous(Method::GET, &other).bearer_auth(token)).await.expect(200);
    lab.advance(1).await;
    assert_eq!(lab.get("secrets").await.expect(200).at("total_count"), 0, "nothing was created");
}
