//! What happens without a request, when its time comes (4.5, 4.6, 3.2).

use crate::lab::{Lab, generated_secret, static_secret, with};
use ibm_sm_emulator::clock::Clock;
use ibm_sm_emulator::seed;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: u32 = 86_400;

async fn running() -> Lab {
    let lab = Lab::with(|options| options.clock = Clock::SYSTEM).await;
    lab.configure().await;
    lab
}

/// When the next event is due; asking for it runs nothing.
async fn next_due(lab: &Lab) -> Value {
    let clock = lab.get("/_emulator/clock").await.expect(200);
    clock.body.get("next_due").cloned().unwrap_or(Value::Null)
}

/// Waits until something else is due next; the limit only ends a test that has failed.
async fn until_not(lab: &Lab, due: &Value) -> Value {
    let changed = async {
        loop {
            let next = next_due(lab).await;
            if next != *due {
                return next;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), changed).await.expect("nothing ran")
}

/// 4.6: a lease ends on a running clock, without a request to any API of IBM's.
#[tokio::test]
async fn a_lease_ends_without_a_request() {
    let lab = running().await;
    let id = lab.secret(with(generated_secret("s1", true), json!({ "ttl": "60s" }))).await;
    lab.get(&format!("secrets/{id}")).await.expect(200);
    let due = next_due(&lab).await;
    assert!(due.is_string(), "{due}");
    lab.advance(59).await;
    assert_eq!(until_not(&lab, &due).await, Value::Null);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// 4.5: a rotation fires on a running clock, and the next one is scheduled.
#[tokio::test]
async fn a_rotation_fires_without_a_request() {
    let lab = running().await;
    let rotation = json!({ "auto_rotate": true, "interval": 1, "unit": "day" });
    let id = lab.secret(with(static_secret("s1", true), json!({ "rotation": rotation }))).await;
    let due = next_due(&lab).await;
    lab.advance(DAY - 1).await;
    let next = until_not(&lab, &due).await;
    assert!(next.as_str() > due.as_str(), "{next} {due}");
    let state = lab.state().await;
    let versions = state["secrets_manager"]["secrets"][0]["versions"].as_array().unwrap();
    assert_eq!(state["secrets_manager"]["secrets"][0]["id"], id.as_str());
    assert_eq!(versions.last().unwrap()["created_at"], due, "at its own time");
    assert_eq!(versions.last().unwrap()["auto_rotated"], true);
}

/// A frozen clock runs what is due when it is moved, each event at its own time.
#[tokio::test]
async fn a_frozen_clock_waits_for_advance() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(with(static_secret("s1", true), json!({ "ttl": "1h" }))).await;
    lab.get(&format!("secrets/{id}")).await.expect(200);
    assert_eq!(next_due(&lab).await, "2026-01-10T10:00:00Z");
    lab.advance(3_599).await;
    assert_eq!(next_due(&lab).await, "2026-01-10T10:00:00Z");
    lab.advance(1).await;
    assert_eq!(next_due(&lab).await, Value::Null);
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// 3.2: a key is purged once its end and its last change are more than 90 days in the past, locked
/// or not; a key without an end never is.
#[tokio::test]
async fn expired_keys_are_purged_after_90_days() {
    let lab = Lab::start().await;
    let key = |name: &str, end: Option<&str>| {
        let body = json!({ "name": name, "iam_id": format!("iam-{}", seed::STATIC_SERVICE_ID) });
        with(body, json!({ "expires_at": end }))
    };
    let ended = lab.post("/v1/apikeys", key("ended", Some("2026-01-11T09:00+0000"))).await;
    let changed = lab.post("/v1/apikeys", key("changed", Some("2026-01-11T09:00+0000"))).await;
    let endless = lab.post("/v1/apikeys", key("endless", None)).await.expect(201);
    let path = |key: &crate::lab::Response| format!("/v1/apikeys/{}", key.text("id"));
    lab.post(&format!("{}/lock", path(&ended)), json!({})).await.expect(204);
    lab.advance(2 * DAY).await;
    let new = lab.with_new_token().await;
    new.post(&format!("{}/lock", path(&changed)), json!({})).await.expect(204);
    assert_eq!(next_due(&lab).await, "2026-04-11T09:00:01Z");
    lab.advance(89 * DAY).await;
    let new = lab.with_new_token().await;
    for key in [&ended, &changed, &endless] {
        new.get(&path(key)).await.expect(200);
    }
    lab.advance(1).await;
    assert_eq!(new.get(&path(&ended)).await.error().0, 404);
    new.get(&path(&changed)).await.expect(200);
    lab.advance(DAY).await;
    let new = lab.with_new_token().await;
    assert_eq!(new.get(&path(&changed)).await.error().0, 404);
    new.get(&path(&endless)).await.expect(200);
    assert_eq!(next_due(&lab).await, Value::Null);
}
