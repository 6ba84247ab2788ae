//! The end of a lease (4.4, 4.6).

use crate::lab::{Lab, Response, generated_secret, static_secret, with};
use ibm_sm_emulator::model::OnReuseExpiry;
use ibm_sm_emulator::seed;
use serde_json::{Value, json};

const HOUR: u32 = 3600;

fn one_hour(body: Value) -> Value {
    with(body, json!({ "ttl": "1h" }))
}

async fn read(lab: &Lab, id: &str) -> Response {
    lab.get(&format!("secrets/{id}")).await.expect(200)
}

/// 4.4: a lease ends to the second.
#[tokio::test]
async fn a_key_works_until_its_lease_ends() {
    let lab = Lab::with_engine().await;
    for body in [
        static_secret("s1", true),
        static_secret("s2", false),
        generated_secret("s3", true),
        generated_secret("s4", false),
    ] {
        let id = lab.with_new_token().await.secret(one_hour(body)).await;
        let secret = read(&lab.with_new_token().await, &id).await;
        lab.advance(HOUR - 1).await;
        assert!(lab.accepts(secret.text("api_key")).await);
        lab.advance(1).await;
        assert!(!lab.accepts(secret.text("api_key")).await);
    }
    assert_eq!(lab.engine_objects().await, [""; 0]);
    let lab = lab.with_new_token().await;
    lab.get(&format!("/v1/serviceids/{}", seed::STATIC_SERVICE_ID)).await.expect(200);
}

/// 4.6 (b), the default: a new lease starts at the next read.
#[tokio::test]
async fn a_reuse_secret_regenerates() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(one_hour(generated_secret("s1", true))).await;
    let first = read(&lab, &id).await;
    lab.advance(HOUR).await;
    let lab = lab.with_new_token().await;
    let ended = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(ended.text("state_description"), "active");
    assert_eq!(ended.text("expiration_date"), "2026-01-10T10:00:00Z");
    assert!(!ended.has("api_key_id") && !ended.has("service_id"));
    let second = read(&lab, &id).await;
    assert_ne!(second.text("api_key_id"), first.text("api_key_id"));
    assert_ne!(second.text("service_id"), first.text("service_id"));
    assert_eq!(second.text("expiration_date"), "2026-01-10T11:00:00Z");
    assert_eq!(second.at("versions_total"), 3);
}

/// 4.6 (a), by switch: state 5, no data, no rotation.
#[tokio::test]
async fn with_the_switch_a_reuse_secret_is_destroyed() {
    let lab =
        Lab::with(|options| options.state.switches.on_reuse_expiry = OnReuseExpiry::Destroy).await;
    lab.configure().await;
    let id = lab.secret(one_hour(static_secret("s1", true))).await;
    let dynamic = lab.secret(one_hour(static_secret("s2", false))).await;
    read(&lab, &id).await;
    read(&lab, &dynamic).await;
    lab.advance(HOUR).await;
    let lab = lab.with_new_token().await;
    let ended = read(&lab, &id).await;
    assert_eq!(ended.at("state"), 5);
    assert_eq!(ended.text("state_description"), "destroyed");
    assert!(!ended.has("api_key") && !ended.has("api_key_id"));
    let response = lab.post(&format!("secrets/{id}/versions"), json!({})).await;
    assert_eq!(
        response.error(),
        (400, "secrets-manager.Error01004", "Version current is not active.")
    );
    // A dynamic secret stays as it is.
    let dynamic = read(&lab, &dynamic).await;
    assert_eq!(dynamic.at("state"), 1);
    assert!(lab.accepts(dynamic.text("api_key")).await);
    lab.delete(&format!("secrets/{id}")).await.expect(204);
}

/// 4.4: a changed TTL applies to the next credentials.
#[tokio::test]
async fn a_changed_ttl_applies_to_later_credentials() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(one_hour(static_secret("s1", true))).await;
    let first = read(&lab, &id).await;
    let changed =
        lab.patch(&format!("secrets/{id}/metadata"), json!({ "ttl": "2h" })).await.expect(200);
    assert_eq!(changed.text("ttl"), "7200");
    assert_eq!(changed.at("expiration_date"), first.at("expiration_date"));
    let rotated = lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    assert_eq!(rotated.text("expiration_date"), "2026-01-10T11:00:00Z");
}

/// 4.5: after a rotation the former key works until its own lease ends.
#[tokio::test]
async fn the_previous_key_expires_by_itself() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(one_hour(static_secret("s1", true))).await;
    let first = read(&lab, &id).await;
    lab.advance(HOUR / 2).await;
    let second = lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    lab.advance(HOUR / 2 - 1).await;
    assert!(lab.accepts(first.text("api_key")).await);
    lab.advance(1).await;
    assert!(!lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(second.text("api_key")).await);
    let lab = lab.with_new_token().await;
    let previous = lab.get(&format!("secrets/{id}/versions/previous")).await.expect(200);
    assert_eq!(previous.at("payload_available"), false);
    assert!(!previous.has("api_key"));
}

/// 4.5: rotation and lease end in the same second: the user always has a key.
#[tokio::test]
async fn rotation_comes_before_the_end_of_the_lease() {
    let lab =
        Lab::with(|options| options.state.switches.on_reuse_expiry = OnReuseExpiry::Destroy).await;
    lab.configure().await;
    let rotation = json!({ "auto_rotate": true, "interval": 1, "unit": "day" });
    let body = with(static_secret("s1", true), json!({ "ttl": "1d", "rotation": rotation }));
    let id = lab.secret(body).await;
    read(&lab, &id).await;
    lab.advance(5 * 86_400).await;
    let lab = lab.with_new_token().await;
    let secret = read(&lab, &id).await;
    assert_eq!(secret.at("state"), 1);
    assert!(lab.accepts(secret.text("api_key")).await);
    assert_eq!(lab.engine_objects().await, [secret.text("api_key_id")]);
}

/// 4.5: a rotation that fails is skipped, and the schedule goes on.
#[tokio::test]
async fn a_failed_rotation_is_skipped() {
    let lab = Lab::with_engine().await;
    let rotation = json!({ "auto_rotate": true, "interval": 1, "unit": "day" });
    let id = lab.secret(with(static_secret("s1", true), json!({ "rotation": rotation }))).await;
    let first = read(&lab, &id).await;
    lab.patch("configurations/engine", json!({ "disabled": true })).await.expect(200);
    lab.advance(86_400).await;
    let lab = lab.with_new_token().await;
    let metadata = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(metadata.at("versions_total"), 2);
    assert_eq!(metadata.text("next_rotation_date"), "2026-01-12T09:00:00Z");
    assert!(lab.accepts(first.text("api_key")).await);
    lab.patch("configurations/engine", json!({ "disabled": false })).await.expect(200);
    lab.advance(86_400).await;
    let lab = lab.with_new_token().await;
    assert_eq!(lab.get(&format!("secrets/{id}/metadata")).await.at("versions_total"), 3);
}
