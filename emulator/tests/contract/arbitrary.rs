//! Arbitrary secrets (2.4, 2.5): payloads, expiration, versions, locks.

use crate::lab::{Answer, Lab, with};
use serde_json::{Value, json};

const EXPIRATION: &str = "2026-06-01T00:00:00Z";

fn arbitrary(name: &str) -> Value {
    json!({ "secret_type": "arbitrary", "name": name, "payload": "p1" })
}

/// An arbitrary secret that expires, and its path.
async fn expiring(lab: &Lab) -> String {
    let body = with(arbitrary("a1"), json!({ "expiration_date": EXPIRATION }));
    format!("secrets/{}", lab.secret(body).await)
}

/// Moves the clock to the second at which [`expiring`] expires.
async fn expire(lab: &Lab) {
    let clock = json!({ "mode": "frozen", "now": EXPIRATION });
    lab.put("/_emulator/clock", clock).await.expect(200);
}

async fn new_version(lab: &Lab, path: &str, body: Value) -> Answer {
    lab.post(&format!("{path}/versions"), body).await
}

/// 2.4: an arbitrary secret is stored beside the others.
#[tokio::test]
async fn an_arbitrary_secret() {
    let lab = Lab::start().await;
    let body = json!({ "secret_type": "arbitrary", "name": "a1", "payload": "p1", "expiration_date": "2026-06-01T00:00:00Z" });
    let made = lab.post("secrets", body).await.expect(201);
    assert_eq!(made.text("payload"), "p1");
    assert_eq!(made.text("expiration_date"), "2026-06-01T00:00:00Z");
    assert!(!made.has("ttl") && !made.has("rotation"));
    let path = format!("secrets/{}", made.text("id"));
    assert_eq!(lab.get(&path).await.expect(200).text("payload"), "p1");
    assert!(!lab.get(&format!("{path}/metadata")).await.expect(200).has("payload"));
    assert_eq!(lab.patch(&format!("{path}/metadata"), json!({ "ttl": "1h" })).await.error().0, 422);
    let second =
        lab.post(&format!("{path}/versions"), json!({ "payload": "p2" })).await.expect(201);
    assert_eq!(second.text("payload"), "p2");
    assert_eq!(
        lab.get(&format!("{path}/versions/previous")).await.expect(200).text("payload"),
        "p1"
    );
    assert_eq!(lab.post(&format!("{path}/versions"), json!({})).await.error().0, 400);
    let masked = lab.get("/_emulator/journal?operation=create_secret").await;
    assert_eq!(masked.at("requests/0/request_body/payload"), "***");
    lab.delete(&path).await.expect(204);
    let empty: Value = json!([]);
    assert_eq!(lab.state().await["secrets_manager"]["secrets"], empty);
}

/// S1: every field that a secret can be created with, and the metadata that comes back.
#[tokio::test]
async fn every_field_of_create() {
    let lab = Lab::start().await;
    let group = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    let body = with(
        arbitrary("a1"),
        json!({
            "description": "d",
            "secret_group_id": group.text("id"),
            "labels": ["dev", "us-south"],
            "custom_metadata": { "owner": "team-a" },
            "version_custom_metadata": { "ticket": 1 },
            "expiration_date": "2030-10-05T11:49:42.500+02:00",
        }),
    );
    let created = lab.post("secrets", body).await.expect(201);
    assert_eq!(created.text("payload"), "p1");
    assert_eq!(created.text("expiration_date"), "2030-10-05T09:49:42Z");
    assert_eq!(created.at("versions_total"), 1);
    assert_eq!((created.at("state"), created.text("state_description")), (&json!(1), "active"));
    assert_eq!(created.at("downloaded"), false);
    assert!(!created.has("version_custom_metadata"));
    let path = format!("secrets/{}", created.text("id"));
    let metadata = lab.get(&format!("{path}/metadata")).await.expect(200);
    assert_eq!(metadata.body, with(created.body.clone(), json!({ "payload": null })));
    let version = lab.get(&format!("{path}/versions/current/metadata")).await.expect(200);
    assert_eq!(*version.at("version_custom_metadata"), json!({ "ticket": 1 }));
    assert_eq!(version.at("expiration_date"), created.at("expiration_date"));
    assert!(!version.has("payload"));
}

/// S1: refusals.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    for (changes, status) in [
        (json!({ "payload": null }), 400),
        (json!({ "payload": 1 }), 400),
        (json!({ "payload": "p".repeat(1_000_001) }), 400),
        (json!({ "expiration_date": "tomorrow" }), 400),
        (json!({ "expiration_date": 1_800_000_000 }), 400),
        (json!({ "expiration_date": crate::lab::START }), 400),
        (json!({ "ttl": "1h" }), 422),
        (json!({ "rotation": {} }), 422),
    ] {
        let answer = lab.post("secrets", with(arbitrary("a1"), changes)).await;
        assert_eq!(answer.error().0, status, "{}", answer.body);
    }
    assert_eq!(lab.get("secrets").await.at("total_count"), 0);
}

/// The documented limit of a payload, in characters, and the empty payload.
#[tokio::test]
async fn the_longest_and_the_shortest_payload() {
    let lab = Lab::start().await;
    for (name, payload) in [("longest", "p".repeat(1_000_000)), ("shortest", String::new())] {
        let id = lab.secret(with(arbitrary(name), json!({ "payload": payload }))).await;
        assert_eq!(lab.get(&format!("secrets/{id}")).await.text("payload"), payload);
    }
}

/// S4, S2: found by the names of its group and itself, and in the list by its type.
#[tokio::test]
async fn found_by_name_and_by_type() {
    let lab = Lab::with_engine().await;
    lab.secret(crate::lab::static_secret("a1", true)).await;
    let id = lab.secret(arbitrary("a1")).await;
    let by_name = "secret_groups/default/secret_types/arbitrary/secrets/a1";
    let found = lab.get(by_name).await.expect(200);
    assert_eq!((found.text("id"), found.text("payload")), (id.as_str(), "p1"));
    let listed = lab.get("secrets?secret_types=arbitrary").await.expect(200);
    assert_eq!(listed.at("total_count"), 1);
    assert_eq!(listed.text("secrets/0/id"), id);
    assert!(listed.at("secrets/0").get("payload").is_none());
}

/// A read of the payload marks the version and the secret as downloaded, a read of metadata does not.
#[tokio::test]
async fn downloads_are_marked() {
    let lab = Lab::start().await;
    let path = format!("secrets/{}", lab.secret(arbitrary("a1")).await);
    lab.advance(60).await;
    let metadata = lab.get(&format!("{path}/metadata")).await;
    assert_eq!(metadata.at("downloaded"), false);
    assert_eq!(metadata.text("retrieved_at"), "1970-01-01T00:00:00Z");
    lab.get(&path).await.expect(200);
    let metadata = lab.get(&format!("{path}/metadata")).await;
    assert_eq!(metadata.at("downloaded"), true);
    assert_eq!(metadata.text("retrieved_at"), "2026-01-10T09:01:00Z");
    assert_eq!(metadata.at("versions_total"), 1);
    let second = new_version(&lab, &path, json!({ "payload": "p2" })).await.expect(201);
    assert_eq!(second.at("downloaded"), false);
    assert_eq!(lab.get(&format!("{path}/metadata")).await.at("downloaded"), false);
}

/// S6: the expiration date is set, moved and, with null, removed.
#[tokio::test]
async fn the_expiration_date_is_patched() {
    let lab = Lab::start().await;
    let path = format!("secrets/{}", lab.secret(arbitrary("a1")).await);
    let metadata = format!("{path}/metadata");
    assert!(!lab.get(&metadata).await.has("expiration_date"));
    for (given, shown) in [
        (EXPIRATION, EXPIRATION),
        ("2033-04-12T23:20:50.520Z", "2033-04-12T23:20:50Z"),
        ("2026-01-10T10:00:01+01:00", "2026-01-10T09:00:01Z"),
    ] {
        let patched = lab.patch(&metadata, json!({ "expiration_date": given })).await.expect(200);
        assert_eq!(patched.text("expiration_date"), shown, "{given}");
        assert!(!patched.has("payload"));
        assert_eq!(lab.get(&path).await.text("expiration_date"), shown);
        let version = lab.get(&format!("{path}/versions/current")).await.expect(200);
        assert_eq!(version.text("expiration_date"), shown);
        let listed = lab.get("secrets").await;
        assert_eq!(listed.text("secrets/0/expiration_date"), shown);
    }
    let kept = lab.patch(&metadata, json!({ "name": "a2" })).await.expect(200);
    assert_eq!(kept.text("expiration_date"), "2026-01-10T09:00:01Z");
    let removed = lab.patch(&metadata, json!({ "expiration_date": null })).await.expect(200);
    assert!(!removed.has("expiration_date"));
    lab.advance(60).await;
    assert_eq!(lab.get(&path).await.text("payload"), "p1", "it no longer expires");
}

/// S6: refusals.
#[tokio::test]
async fn refusals_of_patch() {
    let lab = Lab::with_engine().await;
    let path = format!("{}/metadata", expiring(&lab).await);
    let before = lab.get(&path).await;
    for (patch, status, words) in [
        (json!({ "expiration_date": "tomorrow" }), 400, "must be an RFC 3339 date-time"),
        (json!({ "expiration_date": 1_800_000_000 }), 400, "must be a string"),
        (json!({ "expiration_date": crate::lab::START }), 400, "must be in the future"),
        (json!({ "expiration_date": "2022-04-12T23:20:50Z" }), 400, "must be in the future"),
        (json!({ "payload": "p2" }), 422, "Unknown field 'payload'"),
        (json!({ "rotation": { "auto_rotate": false } }), 422, "Unknown field 'rotation'"),
    ] {
        let answer = lab.patch(&path, patch.clone()).await;
        assert_eq!(answer.error().0, status, "{patch}");
        assert!(answer.error().2.contains(words), "{patch}: {}", answer.body);
    }
    assert_eq!(lab.get(&path).await.body, before.body);
    let credentials = lab.secret(crate::lab::static_secret("s1", true)).await;
    let patch = json!({ "expiration_date": EXPIRATION });
    let answer = lab.patch(&format!("secrets/{credentials}/metadata"), patch).await;
    assert_eq!(answer.error().0, 422, "IAM credentials have a lease instead");
}

/// V1: a new payload is a new version, which brings its own metadata along.
#[tokio::test]
async fn a_new_payload_is_a_new_version() {
    let lab = Lab::start().await;
    let path = expiring(&lab).await;
    lab.advance(60).await;
    let body = json!({
        "payload": "p2",
        "custom_metadata": { "owner": "team-b" },
        "version_custom_metadata": { "ticket": 2 },
    });
    let second = new_version(&lab, &path, body).await.expect(201);
    assert_eq!(second.text("payload"), "p2");
    assert_eq!((second.text("alias"), second.at("auto_rotated")), ("current", &json!(false)));
    assert_eq!(*second.at("version_custom_metadata"), json!({ "ticket": 2 }));
    assert_eq!(second.text("expiration_date"), EXPIRATION);
    let secret = lab.get(&path).await.expect(200);
    assert_eq!(secret.at("versions_total"), 2);
    assert_eq!(secret.text("expiration_date"), EXPIRATION, "the date belongs to the secret");
    assert_eq!(*secret.at("custom_metadata"), json!({ "owner": "team-b" }));
    assert_eq!(secret.text("updated_at"), "2026-01-10T09:01:00Z");
    new_version(&lab, &path, json!({ "payload": "p3" })).await.expect(201);
    let versions = lab.get(&format!("{path}/versions")).await.expect(200);
    let kept: Vec<_> = versions.at("versions").as_array().unwrap().iter().collect();
    assert_eq!(
        kept.iter().map(|version| &version["payload_available"]).collect::<Vec<_>>(),
        [true, true, false],
        "newest first; two payloads are kept"
    );
    let current = lab.get(&format!("{path}/versions/current/metadata")).await;
    assert_eq!(*current.at("version_custom_metadata"), json!({}), "nothing is inherited");
    let owner = lab.get(&format!("{path}/metadata")).await;
    assert_eq!(*owner.at("custom_metadata"), json!({ "owner": "team-b" }), "kept unless given");
    for (body, status) in [
        (json!({ "payload": "p".repeat(1_000_001) }), 400),
        (json!({ "restore_from_version": "previous" }), 400),
        (json!({ "payload": "p4", "restore_from_version": "previous" }), 422),
        (json!({ "payload": "p4", "expiration_date": EXPIRATION }), 422),
    ] {
        let answer = new_version(&lab, &path, body).await;
        assert_eq!(answer.error().0, status, "{}", answer.body);
    }
    assert_eq!(lab.get(&path).await.at("versions_total"), 3);
}

/// V5: the metadata of a version is patched without a new version.
#[tokio::test]
async fn version_metadata_is_patched() {
    let lab = Lab::start().await;
    let path = format!("secrets/{}", lab.secret(arbitrary("a1")).await);
    let metadata = format!("{path}/versions/current/metadata");
    let patch = json!({ "version_custom_metadata": { "ticket": 3 } });
    let patched = lab.patch(&metadata, patch).await.expect(200);
    assert_eq!(*patched.at("version_custom_metadata"), json!({ "ticket": 3 }));
    assert!(!patched.has("payload"));
    assert_eq!(lab.get(&path).await.at("versions_total"), 1);
}

/// 4.6: when the date has come, the secret is destroyed and its payload is gone for good.
#[tokio::test]
async fn an_expired_secret_is_destroyed() {
    let lab = Lab::start().await;
    let path = expiring(&lab).await;
    new_version(&lab, &path, json!({ "payload": "p2" })).await.expect(201);
    expire(&lab).await;
    let expired = lab.get(&path).await.expect(200);
    assert_eq!(expired.at("state"), 5);
    assert_eq!(expired.text("state_description"), "destroyed");
    assert_eq!(expired.text("expiration_date"), EXPIRATION);
    assert!(!expired.has("payload"));
    let previous = lab.get(&format!("{path}/versions/previous")).await.expect(200);
    assert_eq!(previous.at("payload_available"), false);
    assert!(!lab.state().await["secrets_manager"]["secrets"].to_string().contains("p2"));
    let refused = new_version(&lab, &path, json!({ "payload": "p3" })).await;
    assert_eq!((refused.error().0, refused.error().1), (400, "secrets-manager.Error01004"));
    lab.delete(&path).await.expect(204);
}

/// 4.6, 4.7: a lock outlasts the expiration; without it the secret is destroyed.
#[tokio::test]
async fn a_lock_outlasts_the_expiration() {
    let lab = Lab::start().await;
    let path = expiring(&lab).await;
    let locks = format!("{path}/locks_bulk");
    lab.post(&locks, json!({ "locks": [{ "name": "app-1" }] })).await.expect(201);
    assert_eq!(lab.delete(&path).await.error().0, 412);
    expire(&lab).await;
    let locked = lab.get(&path).await.expect(200);
    assert_eq!((locked.text("payload"), locked.at("state")), ("p1", &json!(1)));
    assert_eq!(locked.at("locks_total"), 1);
    lab.delete(&locks).await.expect(200);
    let unlocked = lab.get(&path).await.expect(200);
    assert_eq!(unlocked.at("state"), 5);
    assert!(!unlocked.has("payload"));
}

/// 2.6: a locked previous version is not replaced.
#[tokio::test]
async fn a_locked_previous_version_keeps_its_payload() {
    let lab = Lab::start().await;
    let path = format!("secrets/{}", lab.secret(arbitrary("a1")).await);
    let locks = json!({ "locks": [{ "name": "app-1" }] });
    lab.post(&format!("{path}/locks_bulk"), locks).await.expect(201);
    new_version(&lab, &path, json!({ "payload": "p2" })).await.expect(201);
    assert_eq!(new_version(&lab, &path, json!({ "payload": "p3" })).await.error().0, 412);
    lab.delete(&format!("{path}/versions/previous/locks_bulk")).await.expect(200);
    new_version(&lab, &path, json!({ "payload": "p3" })).await.expect(201);
    assert_eq!(lab.get(&path).await.text("payload"), "p3");
}
