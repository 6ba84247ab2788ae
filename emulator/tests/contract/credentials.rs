//! The four modes: what is made in IAM, when, and what a read does (4.1, 4.3, 4.6 to 4.9).

use crate::lab::{Answer, Lab, generated_secret, send, static_secret, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::json;

async fn read(lab: &Lab, id: &str) -> Answer {
    lab.get(&format!("secrets/{id}")).await.expect(200)
}

async fn is_member(lab: &Lab, service_id: &str) -> bool {
    let group = seed::ACCESS_GROUP_IDS[0];
    let path = format!("/v2/groups/{group}/members/iam-{service_id}");
    let status = send(lab.request(Method::HEAD, &path)).await.status;
    assert!([204, 404].contains(&status));
    status == 204
}

/// 4.1, 4.3: static and reused: one key, made at the first read.
#[tokio::test]
async fn static_reuse() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let first = read(&lab, &id).await;
    assert_eq!(first.text("service_id"), seed::STATIC_SERVICE_ID);
    assert_eq!(first.text("api_key").len(), 44);
    assert_eq!(first.text("expiration_date"), "2026-04-10T09:00:00Z");
    assert_eq!(first.at("downloaded"), true);
    assert!(lab.accepts(first.text("api_key")).await);
    lab.advance(60).await;
    let second = read(&lab, &id).await;
    for same in ["api_key", "api_key_id", "expiration_date", "versions_total"] {
        assert_eq!(second.at(same), first.at(same), "{same}");
    }
    assert_eq!(second.text("retrieved_at"), "2026-01-10T09:01:00Z");
    assert_eq!(second.text("updated_at"), "2026-01-10T09:01:00Z");
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    assert!(!lab.accepts(first.text("api_key")).await);
    assert_eq!(lab.engine_objects().await, [""; 0]);
    lab.get(&format!("/v1/serviceids/{}", seed::STATIC_SERVICE_ID)).await.expect(200);
}

/// 4.1: static and dynamic: a new key on every read, the former one deleted.
#[tokio::test]
async fn static_dynamic() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", false)).await;
    let first = read(&lab, &id).await;
    let second = read(&lab, &id).await;
    assert_ne!(first.text("api_key"), second.text("api_key"));
    assert_ne!(first.text("api_key_id"), second.text("api_key_id"));
    assert_eq!(second.text("service_id"), seed::STATIC_SERVICE_ID);
    assert!(!lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(second.text("api_key")).await);
    assert_eq!(lab.engine_objects().await, [second.text("api_key_id")]);
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// 4.1: generated and reused: one service ID and key, in the access groups.
#[tokio::test]
async fn generated_reuse() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let first = read(&lab, &id).await;
    let service_id = first.text("service_id");
    assert!(is_member(&lab, service_id).await);
    assert!(lab.accepts(first.text("api_key")).await);
    let second = read(&lab, &id).await;
    for same in ["api_key", "api_key_id", "service_id", "expiration_date"] {
        assert_eq!(second.at(same), first.at(same), "{same}");
    }
    let found = lab.get(&format!("/v1/serviceids/{service_id}")).await.expect(200);
    assert_eq!(found.text("name"), "Secrets-Manager-IAM-Secret-s1");
    assert_eq!(found.at("locked"), true);
    let token = lab.token_of(first.text("api_key")).await;
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    assert_eq!(lab.engine_objects().await, [""; 0]);
    assert!(!is_member(&lab, service_id).await);
    // The identity is gone, so its token is.
    let answer = send(lab.anonymous(Method::GET, "secret_groups").bearer_auth(token)).await;
    assert_eq!(answer.error().0, 401);
}

/// 4.1: generated and dynamic: everything anew on every read.
#[tokio::test]
async fn generated_dynamic() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", false)).await;
    let first = read(&lab, &id).await;
    let second = read(&lab, &id).await;
    assert_ne!(first.text("service_id"), second.text("service_id"));
    assert!(!is_member(&lab, first.text("service_id")).await);
    assert!(is_member(&lab, second.text("service_id")).await);
    assert!(!lab.accepts(first.text("api_key")).await);
    let mut left = lab.engine_objects().await;
    left.sort();
    assert_eq!(left, [second.text("api_key_id"), second.text("service_id")]);
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// 4.3: a read of version `current` of a dynamic secret generates, as a read of the secret does.
#[tokio::test]
async fn a_version_read_of_a_dynamic_secret_generates() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", false)).await;
    let first = read(&lab, &id).await;
    let version = lab.get(&format!("secrets/{id}/versions/current")).await.expect(200);
    assert_ne!(version.text("api_key"), first.text("api_key"));
    assert_eq!(version.text("alias"), "current");
    assert!(!lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(version.text("api_key")).await);
}

/// 4.3: version 1 stays empty; the first read adds version 2 with the metadata of version 1.
#[tokio::test]
async fn the_first_read_adds_a_version() {
    let lab = Lab::with_engine().await;
    let body = with(static_secret("s1", true), json!({ "version_custom_metadata": { "k": "v" } }));
    let id = lab.secret(body).await;
    let path = format!("secrets/{id}/versions");
    let before = lab.get(&path).await.expect(200);
    assert_eq!(before.at("total_count"), 1);
    assert_eq!(before.at("versions/0/payload_available"), false);
    assert_eq!(before.text("versions/0/alias"), "current");
    assert_eq!(read(&lab, &id).await.at("versions_total"), 2);
    let after = lab.get(&path).await.expect(200);
    assert_eq!(after.at("total_count"), 2);
    assert_eq!(after.text("versions/0/alias"), "current");
    assert_eq!(after.at("versions/0/payload_available"), true);
    assert_eq!(after.at("versions/0/downloaded"), true);
    assert_eq!(*after.at("versions/0/version_custom_metadata"), json!({ "k": "v" }));
    assert_eq!(after.at("versions/1/id"), before.at("versions/0/id"));
    assert_eq!(after.text("versions/1/alias"), "previous");
    assert_eq!(read(&lab, &id).await.at("versions_total"), 2);
}

/// 6.3: the other reading of the same observation, by switch.
#[tokio::test]
async fn with_the_switch_the_first_read_fills_version_1() {
    let lab = Lab::with(|options| {
        options.state.switches.first_read = ibm_sm_emulator::model::FirstRead::FillsVersion;
    })
    .await;
    lab.configure().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let path = format!("secrets/{id}/versions/current/metadata");
    let before = lab.get(&path).await.expect(200);
    assert_eq!(read(&lab, &id).await.at("versions_total"), 1);
    let after = lab.get(&path).await.expect(200);
    assert_eq!(after.at("id"), before.at("id"));
    assert_eq!(after.at("payload_available"), true);
}

/// 4.7, 4.8: the key is locked, named after the secret, and belongs to the service ID.
#[tokio::test]
async fn the_key_in_iam() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let secret = read(&lab, &id).await;
    let key = lab.get(&format!("/v1/apikeys/{}", secret.text("api_key_id"))).await.expect(200);
    assert_eq!(key.text("name"), "Secrets-Manager-IAM-Secret-s1");
    assert_eq!(key.text("iam_id"), format!("iam-{}", seed::STATIC_SERVICE_ID));
    assert_eq!(key.text("created_by"), format!("iam-{}", seed::ENGINE_SERVICE_ID));
    assert_eq!(key.at("locked"), true);
    assert_eq!(key.text("apikey"), "");
    // The user's own service ID is not locked.
    let own = lab.get(&format!("/v1/serviceids/{}", seed::STATIC_SERVICE_ID)).await.expect(200);
    assert_eq!(own.at("locked"), false);
}

/// 4.7: what somebody unlocked is locked again by the next read.
#[tokio::test]
async fn a_read_locks_again() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let secret = read(&lab, &id).await;
    let paths = [
        format!("/v1/apikeys/{}", secret.text("api_key_id")),
        format!("/v1/serviceids/{}", secret.text("service_id")),
    ];
    for path in &paths {
        assert_eq!(lab.delete(path).await.error().0, 409);
        lab.delete(&format!("{path}/lock")).await.expect(204);
        assert_eq!(lab.get(path).await.at("locked"), false);
    }
    lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(lab.get(&paths[0]).await.at("locked"), false);
    read(&lab, &id).await;
    for path in &paths {
        assert_eq!(lab.get(path).await.at("locked"), true);
    }
}

/// 4.9: Secrets Manager goes on returning a key that somebody deleted in IAM.
#[tokio::test]
async fn a_key_deleted_outside_is_still_returned() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let secret = read(&lab, &id).await;
    let path = format!("/v1/apikeys/{}", secret.text("api_key_id"));
    lab.delete(&format!("{path}/lock")).await.expect(204);
    lab.delete(&path).await.expect(204);
    assert_eq!(read(&lab, &id).await.at("api_key"), secret.at("api_key"));
    assert!(!lab.accepts(secret.text("api_key")).await);
    lab.delete(&format!("secrets/{id}")).await.expect(204);
}

/// 4.9: without its own service ID a secret can't be rotated; a generated one is made anew.
#[tokio::test]
async fn a_service_id_deleted_outside() {
    let lab = Lab::with_engine().await;
    let own = lab.secret(static_secret("s1", true)).await;
    let generated = lab.secret(generated_secret("s2", true)).await;
    read(&lab, &own).await;
    let secret = read(&lab, &generated).await;
    lab.edit(|state| {
        let ids = state["iam"]["service_ids"].as_array_mut().unwrap();
        ids.retain(|id| {
            ![seed::STATIC_SERVICE_ID, secret.text("service_id")]
                .contains(&id["id"].as_str().unwrap())
        });
    })
    .await;
    let answer = lab.post(&format!("secrets/{own}/versions"), json!({})).await;
    assert_eq!((answer.error().0, answer.error().1), (400, "secrets-manager.Error00400"));
    assert!(answer.error().2.contains(seed::STATIC_SERVICE_ID));
    let rotated = lab.post(&format!("secrets/{generated}/versions"), json!({})).await.expect(201);
    assert!(lab.accepts(rotated.text("api_key")).await);
    for id in [own, generated] {
        lab.delete(&format!("secrets/{id}")).await.expect(204);
    }
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// 4.9: an access group that is gone stops the next generation, and leaves nothing behind.
#[tokio::test]
async fn an_access_group_deleted_outside() {
    let lab = Lab::with_engine().await;
    let body =
        with(generated_secret("s1", false), json!({ "access_groups": seed::ACCESS_GROUP_IDS }));
    let id = lab.secret(body).await;
    lab.delete(&format!("/v2/groups/{}", seed::ACCESS_GROUP_IDS[1])).await.expect(204);
    let answer = lab.get(&format!("secrets/{id}")).await;
    assert_eq!(answer.error().0, 400);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// V6, 4.6: deleting the data revokes at once; the next read makes new credentials.
#[tokio::test]
async fn data_of_the_current_version_is_deleted() {
    let lab = Lab::with_engine().await;
    for (name, body) in
        [("reuse", generated_secret("s1", true)), ("dynamic", static_secret("s2", false))]
    {
        let id = lab.secret(body).await;
        let first = read(&lab, &id).await;
        let data = format!("secrets/{id}/versions/current/secret_data");
        lab.delete(&data).await.expect(204);
        assert!(!lab.accepts(first.text("api_key")).await, "{name}");
        let version = lab.get(&format!("secrets/{id}/versions/current/metadata")).await.expect(200);
        assert_eq!(version.at("payload_available"), false);
        let metadata = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
        assert!(!metadata.has("api_key_id"));
        let answer = lab.delete(&data).await;
        assert_eq!((answer.error().0, answer.error().1), (400, "secrets-manager.Error01004"));
        let second = read(&lab, &id).await;
        assert!(lab.accepts(second.text("api_key")).await, "{name}");
        lab.delete(&format!("secrets/{id}")).await.expect(204);
    }
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// V6: only the current version's.
#[tokio::test]
async fn data_of_an_older_version_is_not_deleted() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let first = read(&lab, &id).await;
    lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    let answer = lab.delete(&format!("secrets/{id}/versions/previous/secret_data")).await;
    assert_eq!((answer.error().0, answer.error().1), (400, "secrets-manager.Error00400"));
    assert!(lab.accepts(first.text("api_key")).await);
}

/// V5: only the version's metadata changes.
#[tokio::test]
async fn version_metadata_is_patched() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    read(&lab, &id).await;
    let path = format!("secrets/{id}/versions/current/metadata");
    let changed =
        lab.patch(&path, json!({ "version_custom_metadata": { "k": 1 } })).await.expect(200);
    assert_eq!(*changed.at("version_custom_metadata"), json!({ "k": 1 }));
    assert_eq!(lab.get(&path).await.body, changed.body);
    assert!(!changed.has("api_key"));
    assert_eq!(lab.patch(&path, json!({ "custom_metadata": {} })).await.error().0, 422);
    let cleared = lab.patch(&path, json!({ "version_custom_metadata": null })).await.expect(200);
    assert_eq!(*cleared.at("version_custom_metadata"), json!({}));
}
