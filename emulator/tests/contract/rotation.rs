//! Rotation and restore (2.5 V1, 4.5).

use crate::lab::{Lab, Response, UNKNOWN_ID, generated_secret, static_secret, with};
use ibm_sm_emulator::seed;
use serde_json::json;

async fn rotate(lab: &Lab, id: &str) -> Response {
    lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201)
}

async fn restore(lab: &Lab, id: &str, version: &str) -> Response {
    let body = json!({ "restore_from_version": version });
    lab.post(&format!("secrets/{id}/versions"), body).await
}

/// 4.5: a rotation generates a key; the former one still works, the one before is revoked.
#[tokio::test]
async fn keys_of_a_static_secret() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let first = lab.get(&format!("secrets/{id}")).await.expect(200);
    let second = rotate(&lab, &id).await;
    assert_eq!(second.text("alias"), "current");
    assert_eq!(second.at("auto_rotated"), false);
    assert_eq!(second.at("payload_available"), true);
    assert_eq!(second.text("service_id"), seed::STATIC_SERVICE_ID);
    assert_eq!(second.text("secret_id"), id);
    assert!(lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(second.text("api_key")).await);
    let previous = lab.get(&format!("secrets/{id}/versions/previous")).await.expect(200);
    assert_eq!(previous.at("api_key"), first.at("api_key"));
    let third = rotate(&lab, &id).await;
    assert!(!lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(second.text("api_key")).await);
    assert!(lab.accepts(third.text("api_key")).await);
    assert_eq!(lab.get(&format!("secrets/{id}")).await.at("api_key"), third.at("api_key"));
}

/// 4.5: a generated service ID is replaced with its key.
#[tokio::test]
async fn service_ids_of_a_generated_secret() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let first = lab.get(&format!("secrets/{id}")).await.expect(200);
    let second = rotate(&lab, &id).await;
    assert_ne!(first.text("service_id"), second.text("service_id"));
    let gone = format!("/v1/serviceids/{}", first.text("service_id"));
    lab.get(&gone).await.expect(200);
    rotate(&lab, &id).await;
    assert_eq!(lab.get(&gone).await.error().0, 404);
    assert_eq!(lab.engine_objects().await.len(), 4);
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// V1: the metadata sent with a rotation.
#[tokio::test]
async fn metadata_sent_with_a_rotation() {
    let lab = Lab::with_engine().await;
    let body = json!({ "custom_metadata": { "a": 1 }, "version_custom_metadata": { "b": 2 } });
    let id = lab.secret(with(static_secret("s1", true), body)).await;
    let path = format!("secrets/{id}/versions");
    let body = json!({ "custom_metadata": { "a": 3 }, "version_custom_metadata": { "b": 4 } });
    let rotated = lab.post(&path, body).await.expect(201);
    assert_eq!(*rotated.at("version_custom_metadata"), json!({ "b": 4 }));
    let metadata = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(*metadata.at("custom_metadata"), json!({ "a": 3 }));
    let rotated = rotate(&lab, &id).await;
    assert_eq!(*rotated.at("version_custom_metadata"), json!({}));
    let metadata = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(*metadata.at("custom_metadata"), json!({ "a": 3 }));
}

/// V1: an unread secret can be rotated; its empty version becomes `previous`.
#[tokio::test]
async fn rotation_before_the_first_read() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let rotated = rotate(&lab, &id).await;
    let read = lab.get(&format!("secrets/{id}")).await.expect(200);
    assert_eq!(read.at("api_key"), rotated.at("api_key"));
    assert_eq!(read.at("versions_total"), 2);
}

/// 2.9: dynamic secrets are neither rotated nor restored.
#[tokio::test]
async fn dynamic_secrets_are_not_rotated() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", false)).await;
    for body in [json!({}), json!({ "restore_from_version": "previous" })] {
        let response = lab.post(&format!("secrets/{id}/versions"), body).await;
        assert_eq!(
            response.error(),
            (
                400,
                "secrets-manager.Error01003",
                "Rotating IAM credentials is not supported when reuse credentials is off."
            )
        );
    }
}

/// V1: unknown fields and wrong types.
#[tokio::test]
async fn refusals_of_rotation() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let path = format!("secrets/{id}/versions");
    for (body, status) in [
        (json!({ "payload": "p" }), 422),
        (json!({ "custom_metadata": [] }), 400),
        (json!({ "restore_from_version": 1 }), 400),
        (json!({ "restore_from_version": "latest" }), 400),
        (json!({ "restored_from_version": "previous" }), 422),
    ] {
        assert_eq!(lab.post(&path, body.clone()).await.error().0, status, "{body}");
    }
    assert_eq!(lab.get(&path).await.at("total_count"), 1);
}

/// 4.5: a restore makes a new version of `previous`; the current one becomes `previous`.
#[tokio::test]
async fn a_restore_brings_the_former_credentials_back() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let first = lab.get(&format!("secrets/{id}")).await.expect(200);
    lab.advance(60).await;
    let second = rotate(&lab, &id).await;
    let restored = restore(&lab, &id, "previous").await.expect(201);
    assert_eq!(restored.at("api_key"), first.at("api_key"));
    assert_eq!(restored.at("api_key_id"), first.at("api_key_id"));
    assert_eq!(restored.at("expiration_date"), first.at("expiration_date"));
    assert_eq!(restored.text("alias"), "current");
    assert!(lab.accepts(first.text("api_key")).await);
    assert!(lab.accepts(second.text("api_key")).await);
    let versions = lab.get(&format!("secrets/{id}/versions")).await.expect(200);
    assert_eq!(versions.at("total_count"), 4);
    assert_eq!(versions.at("versions/1/id"), second.at("id"));
    assert_eq!(versions.text("versions/1/alias"), "previous");
    assert_eq!(versions.at("versions/2/payload_available"), false);
    // And back.
    let again = restore(&lab, &id, "previous").await.expect(201);
    assert_eq!(again.at("api_key"), second.at("api_key"));
}

/// 2.9: a version without data is not restored.
#[tokio::test]
async fn only_active_versions_are_restored() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(with(static_secret("s1", true), json!({ "ttl": "1h" }))).await;
    let not_active = (400, "secrets-manager.Error01004", "Version previous is not active.");
    assert_eq!(restore(&lab, &id, "previous").await.error(), not_active);
    lab.get(&format!("secrets/{id}")).await.expect(200);
    // Version 1 never had data.
    assert_eq!(restore(&lab, &id, "previous").await.error(), not_active);
    assert_eq!(restore(&lab, &id, "current").await.error().1, "secrets-manager.Error01004");
    assert_eq!(restore(&lab, &id, UNKNOWN_ID).await.error().1, "secrets-manager.Error01004");
    lab.advance(1800).await;
    rotate(&lab, &id).await;
    lab.advance(1800).await;
    // The lease of the previous version has ended.
    let lab = lab.with_new_token().await;
    assert_eq!(restore(&lab, &id, "previous").await.error(), not_active);
}

/// 4.12: the metadata of 50 versions and the data of two are kept.
#[tokio::test]
async fn old_versions_are_dropped() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    for _ in 0..60 {
        rotate(&lab, &id).await;
    }
    let versions = lab.get(&format!("secrets/{id}/versions")).await.expect(200);
    assert_eq!(versions.at("total_count"), 50);
    let with_data = versions
        .at("versions")
        .as_array()
        .unwrap()
        .iter()
        .filter(|version| version["payload_available"] == true)
        .count();
    assert_eq!(with_data, 2);
    assert_eq!(lab.engine_objects().await.len(), 2);
}

/// 4.5: the schedule rotates on the due date, and from then on by its interval.
#[tokio::test]
async fn the_schedule_rotates() {
    let lab = Lab::with_engine().await;
    let rotation = json!({ "auto_rotate": true, "interval": 10, "unit": "day" });
    let id = lab.secret(with(static_secret("s1", true), json!({ "rotation": rotation }))).await;
    let metadata = format!("secrets/{id}/metadata");
    lab.get(&format!("secrets/{id}")).await.expect(200);
    lab.advance(10 * 86_400 - 1).await;
    let lab = lab.with_new_token().await;
    assert_eq!(lab.get(&metadata).await.at("versions_total"), 2);
    lab.advance(1).await;
    let rotated = lab.get(&metadata).await.expect(200);
    assert_eq!(rotated.at("versions_total"), 3);
    assert_eq!(rotated.text("next_rotation_date"), "2026-01-30T09:00:00Z");
    assert_eq!(rotated.text("updated_at"), "2026-01-20T09:00:00Z");
    assert_eq!(rotated.text("expiration_date"), "2026-04-20T09:00:00Z");
    let version = lab.get(&format!("secrets/{id}/versions/current/metadata")).await.expect(200);
    assert_eq!(version.at("auto_rotated"), true);
    assert_eq!(version.at("downloaded"), false);
    // Three more in one advance of the clock, each at its own time.
    lab.advance(30 * 86_400).await;
    let lab = lab.with_new_token().await;
    let versions = lab.get(&format!("secrets/{id}/versions")).await.expect(200);
    let times: Vec<_> =
        (0..3).map(|at| versions.text(&format!("versions/{at}/created_at"))).collect();
    assert_eq!(times, ["2026-02-19T09:00:00Z", "2026-02-09T09:00:00Z", "2026-01-30T09:00:00Z"]);
}

/// 4.5: a manual rotation restarts the interval.
#[tokio::test]
async fn a_manual_rotation_restarts_the_schedule() {
    let lab = Lab::with_engine().await;
    let rotation = json!({ "auto_rotate": true, "interval": 10, "unit": "day" });
    let id = lab.secret(with(static_secret("s1", true), json!({ "rotation": rotation }))).await;
    lab.advance(86_400).await;
    let lab = lab.with_new_token().await;
    rotate(&lab, &id).await;
    let metadata = lab.get(&format!("secrets/{id}/metadata")).await.expect(200);
    assert_eq!(metadata.text("next_rotation_date"), "2026-01-21T09:00:00Z");
}

/// S6: the policy is replaced completely, and removed by {}.
#[tokio::test]
async fn the_policy_is_changed_and_removed() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let path = format!("secrets/{id}/metadata");
    let on = json!({ "rotation": { "auto_rotate": true, "interval": 1, "unit": "month" } });
    let changed = lab.patch(&path, on).await.expect(200);
    assert_eq!(changed.text("next_rotation_date"), "2026-02-10T09:00:00Z");
    for off in [json!({}), json!({ "auto_rotate": false })] {
        let changed = lab.patch(&path, json!({ "rotation": off })).await.expect(200);
        assert_eq!(*changed.at("rotation"), json!({ "auto_rotate": false }));
        assert!(!changed.has("next_rotation_date"));
        assert_eq!(changed.at("versions_total"), 1);
    }
}

/// 4.5: a policy whose next date is after the current version's lease is refused.
#[tokio::test]
async fn a_policy_that_is_due_too_late() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(with(static_secret("s1", true), json!({ "ttl": "30d" }))).await;
    lab.get(&format!("secrets/{id}")).await.expect(200);
    lab.advance(15 * 86_400).await;
    let lab = lab.with_new_token().await;
    let path = format!("secrets/{id}/metadata");
    // Ten days after creation have passed; the next date of the schedule is day 20.
    let fits = json!({ "rotation": { "auto_rotate": true, "interval": 10, "unit": "day" } });
    let changed = lab.patch(&path, fits).await.expect(200);
    assert_eq!(changed.text("next_rotation_date"), "2026-01-30T09:00:00Z");
    rotate(&lab, &id).await;
    // The current lease ends on day 45; a longer ttl allows 35 days, which would be day 50.
    let late =
        json!({ "ttl": "90d", "rotation": { "auto_rotate": true, "interval": 35, "unit": "day" } });
    let response = lab.patch(&path, late.clone()).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error02009"));
    lab.patch(&path, json!({ "ttl": "90d" })).await.expect(200);
    rotate(&lab, &id).await;
    lab.patch(&path, late).await.expect(200);
}

/// 4.5: on how many days of 2027 a secret can be created with three months on 90 days, changed to what
/// the official provider has been seen to use (one month on 90 days, two on 60), and patched with the
/// values that it has.
async fn days_accepted(switches: serde_json::Value) -> usize {
    let lab = Lab::with_engine().await;
    lab.put("/_emulator/switches", switches).await.expect(200);
    let policy = |months: u8| json!({ "auto_rotate": true, "interval": months, "unit": "month" });
    let mut accepted = 0;
    let mut day: ibm_sm_emulator::model::timestamp::Timestamp =
        "2027-01-01T09:00:00Z".parse().unwrap();
    for _ in 0..365 {
        let clock = json!({ "mode": "frozen", "now": day });
        lab.put("/_emulator/clock", clock).await.expect(200);
        let lab = lab.with_new_token().await;
        let body = json!({ "ttl": "7776000", "rotation": policy(3) });
        let made = lab.post("secrets", with(generated_secret("s1", true), body)).await;
        let mut all = made.status == 201;
        if all {
            let id = made.text("id");
            let path = format!("secrets/{id}/metadata");
            lab.get(&format!("secrets/{id}")).await.expect(200);
            for body in [
                json!({ "ttl": "7776000", "rotation": policy(1) }),
                json!({ "ttl": "5184000", "rotation": policy(2) }),
                json!({ "ttl": "5184000", "rotation": policy(2) }),
            ] {
                all &= lab.patch(&path, body).await.status == 200;
            }
            lab.delete(&format!("secrets/{id}")).await.expect(204);
        }
        accepted += usize::from(all);
        day = day.plus_days(1);
    }
    accepted
}

/// 4.5: a month counts 30 days against a ttl, so no date decides what is accepted.
#[tokio::test]
async fn months_are_compared_with_a_ttl_in_the_same_way_every_day() {
    assert_eq!(days_accepted(json!({})).await, 365);
}

/// 4.5, 6.2: by the calendar, three months fit into 90 days only while the whole of February is among them.
#[tokio::test]
async fn months_by_the_calendar() {
    assert_eq!(days_accepted(json!({ "rotation_month": "calendar" })).await, 59);
}

/// 4.5: values that a secret has already are never refused, whatever the rule was before.
#[tokio::test]
async fn unchanged_values_are_never_refused() {
    let lab = Lab::with_engine().await;
    let policy = json!({ "auto_rotate": true, "interval": 2, "unit": "month" });
    let body = json!({ "ttl": "60d", "rotation": policy });
    let id = lab.secret(with(static_secret("s1", true), body.clone())).await;
    lab.get(&format!("secrets/{id}")).await.expect(200);
    let path = format!("secrets/{id}/metadata");
    let before = lab.get(&path).await.expect(200);
    lab.put("/_emulator/switches", json!({ "rotation_month": "calendar" })).await.expect(200);
    lab.advance(86_400 * 9).await;
    let lab = lab.with_new_token().await;
    let after = lab.patch(&path, body).await.expect(200);
    assert_eq!(after.at("next_rotation_date"), before.at("next_rotation_date"));
    let other = json!({ "rotation": { "auto_rotate": true, "interval": 3, "unit": "month" } });
    assert_eq!(lab.patch(&path, other).await.error().0, 400);
}
