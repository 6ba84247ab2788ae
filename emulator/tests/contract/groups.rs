//! Secret groups (2.7).

use crate::lab::{Lab, START, UNKNOWN_ID, generated_secret, send, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::json;

/// 2.7: create, read, update, delete.
#[tokio::test]
async fn a_group_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab
        .post("secret_groups", json!({ "name": "team-a", "description": "d" }))
        .await
        .expect(201);
    let path = format!("secret_groups/{}", made.text("id"));
    assert_eq!(made.text("name"), "team-a");
    assert_eq!(made.text("description"), "d");
    assert_eq!(made.text("created_by"), format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID));
    assert_eq!(made.text("created_at"), START);
    lab.advance(10).await;
    let changed = lab.patch(&path, json!({ "name": "team-b" })).await.expect(200);
    assert_eq!(changed.text("name"), "team-b");
    assert_eq!(changed.text("description"), "d");
    assert_eq!(changed.text("created_at"), START);
    assert_eq!(changed.text("updated_at"), "2026-01-10T09:00:10Z");
    assert_eq!(lab.get(&path).await.expect(200).body, changed.body);
    let cleared = lab.patch(&path, json!({ "description": null })).await.expect(200);
    assert_eq!(cleared.text("description"), "");
    let list = lab.get("secret_groups").await.expect(200);
    assert_eq!(list.at("total_count"), 3);
    assert_eq!(list.text("secret_groups/0/name"), "default");
    assert_eq!(list.text("secret_groups/1/name"), "examples");
    assert_eq!(list.text("secret_groups/2/name"), "team-b");
    lab.delete(&path).await.expect(204);
    assert_eq!(lab.get(&path).await.error().0, 404);
    assert_eq!(lab.delete(&path).await.error().0, 404);
}

/// 2.7: the default group always exists and cannot be changed.
#[tokio::test]
async fn the_default_group() {
    let lab = Lab::start().await;
    let group = lab.get("secret_groups/default").await.expect(200);
    assert_eq!(group.text("id"), "default");
    assert_eq!(group.text("description"), "Default Secret Group");
    assert_eq!(lab.delete("secret_groups/default").await.error().0, 400);
    assert_eq!(lab.patch("secret_groups/default", json!({ "name": "x1" })).await.error().0, 400);
}

/// 2.7, 2.2: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    lab.post("secret_groups", json!({ "name": "taken" })).await.expect(201);
    for (body, status, code) in [
        (json!({}), 400, "secrets-manager.Error00400"),
        (json!({ "name": "a" }), 400, "secrets-manager.Error00400"),
        (json!({ "name": "a b" }), 400, "secrets-manager.Error00400"),
        (json!({ "name": "a".repeat(65) }), 400, "secrets-manager.Error00400"),
        (json!({ "name": 5 }), 400, "secrets-manager.Error00400"),
        (
            json!({ "name": "ab", "description": "d".repeat(1025) }),
            400,
            "secrets-manager.Error00400",
        ),
        (json!({ "name": "ab", "colour": "red" }), 422, "secrets-manager.Error00422"),
        (json!({ "name": "taken" }), 409, "secrets-manager.Error00409"),
        (json!({ "name": "default" }), 409, "secrets-manager.Error00409"),
    ] {
        let response = lab.post("secret_groups", body.clone()).await;
        assert_eq!((response.error().0, response.error().1), (status, code), "{body}");
    }
    assert_eq!(lab.get("secret_groups").await.at("total_count"), 3);
}

/// 2.7: a changed name must be unique too; the group's own name is no conflict.
#[tokio::test]
async fn a_rename_to_a_taken_name_is_refused() {
    let lab = Lab::start().await;
    lab.post("secret_groups", json!({ "name": "taken" })).await.expect(201);
    let made = lab.post("secret_groups", json!({ "name": "mine" })).await.expect(201);
    let path = format!("secret_groups/{}", made.text("id"));
    assert_eq!(lab.patch(&path, json!({ "name": "taken" })).await.error().0, 409);
    lab.patch(&path, json!({ "name": "mine" })).await.expect(200);
    assert_eq!(lab.patch(&path, json!({ "name": null })).await.error().0, 400);
}

/// 2.7: a group with secrets cannot be deleted.
#[tokio::test]
async fn a_group_with_secrets_is_not_deleted() {
    let lab = Lab::with_engine().await;
    let made = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    let group = made.text("id");
    let body = with(generated_secret("s1", true), json!({ "secret_group_id": group }));
    let secret = lab.secret(body).await;
    let response = lab.delete(&format!("secret_groups/{group}")).await;
    assert_eq!((response.error().0, response.error().1), (409, "secrets-manager.Error00409"));
    lab.delete(&format!("secrets/{secret}")).await.expect(204);
    lab.delete(&format!("secret_groups/{group}")).await.expect(204);
}

/// 4.12: at most 200 groups, including the default group and that of the documentation.
#[tokio::test]
async fn an_instance_has_at_most_200_groups() {
    let lab = Lab::start().await;
    for number in 2..200 {
        lab.post("secret_groups", json!({ "name": format!("g{number:03}") })).await.expect(201);
    }
    let response = lab.post("secret_groups", json!({ "name": "one-too-many" })).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01001"));
}

/// 2.1, G1 to G5: roles.
#[tokio::test]
async fn roles() {
    let lab = Lab::start().await;
    let made = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    let path = format!("secret_groups/{}", made.text("id"));
    for key in [seed::READER_API_KEY, seed::WRITER_API_KEY] {
        let token = lab.token_of(key).await;
        for (method, path, status) in [
            (Method::GET, "secret_groups", 200),
            (Method::GET, &path, 200),
            (Method::POST, "secret_groups", 403),
            (Method::PATCH, &path, 403),
            (Method::DELETE, &path, 403),
        ] {
            let response = send(lab.anonymous(method.clone(), path).bearer_auth(&token)).await;
            assert_eq!(response.status, status, "{key} {method} {path}");
            if status == 403 {
                assert_eq!(response.error().1, "secrets-manager.Error00403");
            }
        }
    }
    // The engine's identity has no role on Secrets Manager.
    let token = lab.token_of(seed::ENGINE_API_KEY).await;
    let response = send(lab.anonymous(Method::GET, "secret_groups").bearer_auth(&token)).await;
    assert_eq!(response.status, 403);
}

/// 6.3: ids are checked before they are looked up.
#[tokio::test]
async fn unknown_and_malformed_ids() {
    let lab = Lab::start().await;
    let response = lab.get(&format!("secret_groups/{UNKNOWN_ID}")).await;
    assert_eq!((response.error().0, response.error().1), (404, "secrets-manager.Error00404"));
    let response = lab.get("secret_groups/not-a-uuid").await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error00400"));
}
