//! Locks of Secrets Manager (2.6, 4.7).

use crate::lab::{Lab, Response, generated_secret, send, static_secret, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

fn locks(names: &[&str]) -> Value {
    let locks: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({ "locks": locks })
}

/// A lab with the engine and a secret that has been read.
async fn lab_with(body: Value) -> (Lab, String) {
    let lab = Lab::with_engine().await;
    let id = lab.secret(body).await;
    lab.get(&format!("secrets/{id}")).await.expect(200);
    (lab, id)
}

#[track_caller]
fn assert_locked(response: &Response) {
    assert_eq!(
        response.error(),
        (
            412,
            "secrets-manager.Error00412",
            "The requested action can't be completed because the secret version is locked."
        )
    );
}

/// L2 to L4: locks are created, listed, replaced and deleted.
#[tokio::test]
async fn locks_are_created_listed_replaced_and_deleted() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let bulk = format!("secrets/{id}/locks_bulk");
    let body = json!({ "locks": [
        { "name": "app-1", "description": "d", "attributes": { "cluster": "c1" } },
        { "name": "app-2" },
    ] });
    let made = lab.post(&bulk, body).await.expect(201);
    let versions = lab.get(&format!("secrets/{id}/versions")).await;
    assert_eq!(
        made.body,
        json!({
            "secret_id": id,
            "secret_group_id": "default",
            "secret_type": "iam_credentials",
            "secret_name": "s1",
            "versions": [
                {
                    "version_id": versions.at("versions/0/id"),
                    "version_alias": "current",
                    "locks": ["app-1", "app-2"],
                    "payload_available": true,
                },
                {
                    "version_id": versions.at("versions/1/id"),
                    "version_alias": "previous",
                    "locks": [],
                    "payload_available": false,
                },
            ],
        })
    );
    assert_eq!(lab.get(&format!("secrets/{id}/metadata")).await.at("locks_total"), 2);
    lab.advance(60).await;
    lab.post(&bulk, locks(&["app-1"])).await.expect(201);
    let list = lab.get(&format!("secrets/{id}/locks?sort=name")).await.expect(200);
    assert_eq!(list.at("total_count"), 2);
    assert_eq!(list.at("limit"), 25);
    assert_eq!(
        *list.at("locks/0"),
        json!({
            "name": "app-1",
            "attributes": {},
            "created_at": "2026-01-10T09:00:00Z",
            "updated_at": "2026-01-10T09:01:00Z",
            "created_by": format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID),
            "secret_group_id": "default",
            "secret_id": id,
            "secret_version_id": versions.at("versions/0/id"),
            "secret_version_alias": "current",
        })
    );
    let left = lab.delete(&format!("{bulk}?name=app-1,nobody")).await.expect(200);
    assert_eq!(*left.at("versions/0/locks"), json!(["app-2"]));
    let left = lab.delete(&bulk).await.expect(200);
    assert_eq!(*left.at("versions/0/locks"), json!([]));
    lab.delete(&format!("secrets/{id}")).await.expect(204);
}

/// L5 to L7: the same on a version.
#[tokio::test]
async fn locks_of_a_version() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    let previous = format!("secrets/{id}/versions/previous");
    let made = lab.post(&format!("{previous}/locks_bulk"), locks(&["old"])).await.expect(201);
    assert_eq!(*made.at("versions/0/locks"), json!([]));
    assert_eq!(*made.at("versions/1/locks"), json!(["old"]));
    let list = lab.get(&format!("{previous}/locks")).await.expect(200);
    assert_eq!(list.text("locks/0/secret_version_alias"), "previous");
    let current = lab.get(&format!("secrets/{id}/versions/current/locks")).await.expect(200);
    assert_eq!(current.at("total_count"), 0);
    assert_eq!(lab.get(&format!("secrets/{id}/locks")).await.at("total_count"), 1);
    let left = lab.delete(&format!("{previous}/locks_bulk?name=old")).await.expect(200);
    assert_eq!(*left.at("versions/1/locks"), json!([]));
}

/// L1: all secrets with locks.
#[tokio::test]
async fn locks_of_all_secrets() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let other = lab.secret(static_secret("s2", true)).await;
    lab.get(&format!("secrets/{other}")).await.expect(200);
    lab.post(&format!("secrets/{id}/locks_bulk"), locks(&["web-1"])).await.expect(201);
    for (query, total) in [("", 1), ("?search=WEB", 1), ("?search=db", 0), ("?groups=default", 1)] {
        let list = lab.get(&format!("secrets_locks{query}")).await.expect(200);
        assert_eq!(list.at("total_count"), total, "{query}");
    }
    let list = lab.get("secrets_locks").await;
    assert_eq!(list.text("secrets_locks/0/secret_name"), "s1");
    assert_eq!(*list.at("secrets_locks/0/versions/0/locks"), json!(["web-1"]));
    for path in [
        "secrets_locks?sort=name".to_owned(),
        format!("secrets/{id}/locks?limit=101"),
        format!("secrets/{id}/locks?sort=id"),
        format!("secrets/{id}/locks?offset=1001"),
    ] {
        assert_eq!(lab.get(&path).await.error().0, 400, "{path}");
    }
}

/// 2.6: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let bulk = format!("secrets/{id}/locks_bulk");
    for (body, status) in [
        (json!({}), 400),
        (json!({ "locks": [] }), 400),
        (json!({ "locks": "app-1" }), 400),
        (json!({ "locks": [{}] }), 400),
        (locks(&["a"]), 400),
        (locks(&["1app"]), 400),
        (json!({ "locks": [{ "name": "app", "colour": "red" }] }), 422),
        (json!({ "locks": [{ "name": "app", "attributes": [] }] }), 400),
        (json!({ "locks": [{ "name": "app" }], "mode": "x" }), 422),
    ] {
        assert_eq!(lab.post(&bulk, body.clone()).await.error().0, status, "{body}");
    }
    assert_eq!(lab.post(&format!("{bulk}?mode=all"), locks(&["app"])).await.error().0, 400);
    let previous = format!("secrets/{id}/versions/previous/locks_bulk");
    // Version 1 has no data.
    let response = lab.post(&previous, locks(&["app"])).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01004"));
    lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    assert_eq!(lab.get(&format!("secrets/{id}/locks")).await.at("total_count"), 0);
}

/// 4.12: a secret can have at most 1000 locks.
#[tokio::test]
async fn a_thousand_locks() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let names: Vec<String> = (0..1000).map(|number| format!("lock-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bulk = format!("secrets/{id}/locks_bulk");
    lab.post(&bulk, locks(&names)).await.expect(201);
    let response = lab.post(&bulk, locks(&["one-more"])).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01001"));
    assert_eq!(lab.get(&format!("secrets/{id}/metadata")).await.at("locks_total"), 1000);
}

/// 4.7: what a lock on the current version prevents, and what it does not.
#[tokio::test]
async fn a_locked_current_version() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let secret = format!("secrets/{id}");
    lab.post(&format!("{secret}/locks_bulk"), locks(&["app"])).await.expect(201);
    assert_locked(&lab.delete(&secret).await);
    assert_locked(&lab.delete(&format!("{secret}/versions/current/secret_data")).await);
    lab.get(&secret).await.expect(200);
    // Locks stay with their version; the new current version has none.
    lab.post(&format!("{secret}/versions"), json!({})).await.expect(201);
    let list = lab.get(&format!("{secret}/locks")).await.expect(200);
    assert_eq!(list.text("locks/0/secret_version_alias"), "previous");
    // The previous version is locked now: no rotation, no restore, no deletion.
    assert_locked(&lab.post(&format!("{secret}/versions"), json!({})).await);
    let restore = json!({ "restore_from_version": "previous" });
    assert_locked(&lab.post(&format!("{secret}/versions"), restore).await);
    assert_locked(&lab.delete(&secret).await);
    lab.delete(&format!("{secret}/versions/previous/locks_bulk")).await.expect(200);
    lab.post(&format!("{secret}/versions"), json!({})).await.expect(201);
    lab.delete(&secret).await.expect(204);
}

/// 4.1, 4.7: a locked dynamic secret can't be read, since a read would replace its key.
#[tokio::test]
async fn a_locked_dynamic_secret_is_not_read() {
    let (lab, id) = lab_with(generated_secret("s1", false)).await;
    let secret = format!("secrets/{id}");
    lab.post(&format!("{secret}/locks_bulk"), locks(&["app"])).await.expect(201);
    assert_locked(&lab.get(&secret).await);
    assert_locked(&lab.get(&format!("{secret}/versions/current")).await);
    let by_name = "secret_groups/default/secret_types/iam_credentials/secrets/s1";
    assert_locked(&lab.get(by_name).await);
    lab.get(&format!("{secret}/metadata")).await.expect(200);
    lab.delete(&format!("{secret}/locks_bulk")).await.expect(200);
    lab.get(&secret).await.expect(200);
}

/// 2.6: the modes.
#[tokio::test]
async fn modes() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let secret = format!("secrets/{id}");
    let first = lab.get(&secret).await;
    let bulk = format!("{secret}/locks_bulk");
    lab.post(&bulk, locks(&["app-1", "app-2"])).await.expect(201);
    lab.post(&format!("{secret}/versions"), json!({})).await.expect(201);
    let moved =
        lab.post(&format!("{bulk}?mode=remove_previous"), locks(&["app-1"])).await.expect(201);
    assert_eq!(*moved.at("versions/0/locks"), json!(["app-1"]));
    assert_eq!(*moved.at("versions/1/locks"), json!(["app-2"]));
    let mode = "?mode=remove_previous_and_delete";
    let moved = lab.post(&format!("{bulk}{mode}"), locks(&["app-1"])).await.expect(201);
    assert_eq!(moved.at("versions/1/payload_available"), true, "app-2 still holds it");
    assert!(lab.accepts(first.text("api_key")).await);
    let moved = lab.post(&format!("{bulk}{mode}"), locks(&["app-2"])).await.expect(201);
    assert_eq!(*moved.at("versions/0/locks"), json!(["app-1", "app-2"]));
    assert_eq!(moved.at("versions/1/payload_available"), false);
    assert!(!lab.accepts(first.text("api_key")).await);
}

/// 2.6 L6: the modes are accepted on a version that is not current, whose locks they leave.
#[tokio::test]
async fn modes_on_a_version_that_is_not_current() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let secret = format!("secrets/{id}");
    let first = lab.get(&secret).await;
    let versions = lab.get(&format!("{secret}/versions")).await;
    let bulk = format!("{secret}/versions/{}/locks_bulk", versions.text("versions/0/id"));
    lab.post(&format!("{secret}/versions"), json!({})).await.expect(201);
    lab.post(&format!("{secret}/locks_bulk"), locks(&["app-1"])).await.expect(201);
    for (mode, name) in [("remove_previous", "app-1"), ("remove_previous_and_delete", "app-2")] {
        lab.post(&format!("{bulk}?mode={mode}"), locks(&[name])).await.expect(201);
    }
    let made = lab.post(&bulk, locks(&["app-3"])).await.expect(201);
    assert_eq!(*made.at("versions/0/locks"), json!(["app-1"]));
    assert_eq!(*made.at("versions/1/locks"), json!(["app-1", "app-2", "app-3"]));
    assert!(lab.accepts(first.text("api_key")).await);
}

/// 4.6: a lock keeps the key beyond the lease, until the last lock is deleted.
#[tokio::test]
async fn a_lock_outlasts_the_lease() {
    let (lab, id) = lab_with(with(static_secret("s1", true), json!({ "ttl": "1h" }))).await;
    let secret = format!("secrets/{id}");
    let key = lab.get(&secret).await.text("api_key").to_owned();
    lab.post(&format!("{secret}/locks_bulk"), locks(&["app-1", "app-2"])).await.expect(201);
    lab.advance(7200).await;
    let lab = lab.with_new_token().await;
    assert_eq!(lab.get(&secret).await.expect(200).text("api_key"), key);
    lab.delete(&format!("{secret}/locks_bulk?name=app-1")).await.expect(200);
    assert!(lab.accepts(&key).await);
    let left = lab.delete(&format!("{secret}/locks_bulk")).await.expect(200);
    assert_eq!(left.at("versions/0/payload_available"), false);
    assert!(!lab.accepts(&key).await);
}

/// 4.5: the schedule skips a rotation that a lock on the previous version blocks.
#[tokio::test]
async fn the_schedule_respects_locks() {
    let rotation = json!({ "auto_rotate": true, "interval": 1, "unit": "day" });
    let (lab, id) =
        lab_with(with(static_secret("s1", true), json!({ "rotation": rotation }))).await;
    let secret = format!("secrets/{id}");
    lab.post(&format!("{secret}/locks_bulk"), locks(&["app"])).await.expect(201);
    lab.advance(2 * 86_400).await;
    let lab = lab.with_new_token().await;
    let metadata = lab.get(&format!("{secret}/metadata")).await.expect(200);
    assert_eq!(metadata.at("versions_total"), 3, "the first one happens, the second one not");
    assert_eq!(metadata.text("next_rotation_date"), "2026-01-13T09:00:00Z");
}

/// 2.1, L1 to L7: roles. A Writer can lock, a Manager unlock, and a Reader list.
#[tokio::test]
async fn roles() {
    let (lab, id) = lab_with(static_secret("s1", true)).await;
    let (bulk, list) = (format!("secrets/{id}/locks_bulk"), format!("secrets/{id}/locks"));
    for (key, create) in [(seed::READER_API_KEY, 403), (seed::WRITER_API_KEY, 201)] {
        let token = lab.token_of(key).await;
        let status = async |method: Method, path: &str| {
            let request = lab.anonymous(method, path).bearer_auth(&token).json(&locks(&["app"]));
            send(request).await.status
        };
        assert_eq!(status(Method::GET, &list).await, 200);
        assert_eq!(status(Method::GET, "secrets_locks").await, 200);
        assert_eq!(status(Method::POST, &bulk).await, create);
        assert_eq!(status(Method::DELETE, &bulk).await, 403);
    }
}
