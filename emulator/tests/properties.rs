//! Invariants that hold after any sequence of operations and clock changes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]

#[path = "support/lab.rs"]
#[allow(dead_code, reason = "shared with the contract tests")]
mod lab;

use ibm_sm_emulator::model::OnReuseExpiry;
use ibm_sm_emulator::seed;
use lab::{Lab, Response};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ENGINE_PREFIX: &str = "Secrets-Manager-IAM-Secret-";
/// The number of sequences to try.
const CASES: u32 = 16;

/// One operation; the number selects one of the secrets created so far.
#[derive(Clone, Debug)]
enum Operation {
    Create {
        name: u8,
        generated: bool,
        reuse: bool,
        hours: u8,
        rotates: bool,
    },
    Read(u8),
    ReadVersion(u8, &'static str),
    Rotate(u8),
    Restore(u8, &'static str),
    Rename(u8, u8),
    SetTtl(u8, u8),
    SetRotation(u8, u8),
    Lock(u8, &'static str, &'static str),
    Unlock(u8, &'static str),
    DeleteData(u8),
    Delete(u8),
    /// The key is unlocked in IAM, and perhaps deleted.
    Meddle(u8, bool),
    Advance(u32),
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = 0..4_u8;
    let version = prop_oneof![Just("current"), Just("previous")];
    let mode = prop_oneof![
        Just(""),
        Just("?mode=remove_previous"),
        Just("?mode=remove_previous_and_delete")
    ];
    prop_oneof![
        4 => (0..6_u8, any::<bool>(), any::<bool>(), 1..72_u8, any::<bool>()).prop_map(
            |(name, generated, reuse, hours, rotates)| Operation::Create { name, generated, reuse, hours, rotates }
        ),
        6 => which.clone().prop_map(Operation::Read),
        1 => (which.clone(), version.clone()).prop_map(|(which, version)| Operation::ReadVersion(which, version)),
        4 => which.clone().prop_map(Operation::Rotate),
        2 => (which.clone(), version.clone()).prop_map(|(which, version)| Operation::Restore(which, version)),
        1 => (which.clone(), 0..6_u8).prop_map(|(which, name)| Operation::Rename(which, name)),
        1 => (which.clone(), 1..72_u8).prop_map(|(which, hours)| Operation::SetTtl(which, hours)),
        1 => (which.clone(), 0..3_u8).prop_map(|(which, days)| Operation::SetRotation(which, days)),
        2 => (which.clone(), version.clone(), mode)
            .prop_map(|(which, version, mode)| Operation::Lock(which, version, mode)),
        2 => (which.clone(), version).prop_map(|(which, version)| Operation::Unlock(which, version)),
        1 => which.clone().prop_map(Operation::DeleteData),
        1 => which.clone().prop_map(Operation::Delete),
        1 => (which, any::<bool>()).prop_map(|(which, delete)| Operation::Meddle(which, delete)),
        4 => prop_oneof![1..3_600_u32, 3_600..200_000_u32].prop_map(Operation::Advance),
    ]
}

/// Runs one operation on an existing secret; a number beyond them selects the last one.
async fn perform(lab: &Lab, operation: &Operation) -> Option<Response> {
    let list = lab.get("secrets?sort=created_at").await.expect(200);
    let secrets = list.at("secrets").as_array().unwrap();
    let id = |which: &u8| {
        let at = usize::from(*which).min(secrets.len().checked_sub(1)?);
        secrets[at]["id"].as_str().map(|id| format!("secrets/{id}"))
    };
    let response = match operation {
        Operation::Create { name, generated, reuse, hours, rotates } => {
            let mut body = json!({
                "secret_type": "iam_credentials",
                "name": format!("name-{name}"),
                "ttl": format!("{hours}h"),
                "reuse_api_key": reuse,
            });
            match generated {
                true => body["access_groups"] = json!(seed::ACCESS_GROUP_IDS),
                false => body["service_id"] = json!(seed::STATIC_SERVICE_ID),
            }
            if *rotates {
                body["rotation"] = json!({ "auto_rotate": true, "interval": 1, "unit": "day" });
            }
            lab.post("secrets", body).await
        }
        Operation::Read(which) => lab.get(&id(which)?).await,
        Operation::ReadVersion(which, version) => {
            lab.get(&format!("{}/versions/{version}", id(which)?)).await
        }
        Operation::Rotate(which) => lab.post(&format!("{}/versions", id(which)?), json!({})).await,
        Operation::Restore(which, version) => {
            let body = json!({ "restore_from_version": version });
            lab.post(&format!("{}/versions", id(which)?), body).await
        }
        Operation::Rename(which, name) => {
            let patch = json!({ "name": format!("name-{name}") });
            lab.patch(&format!("{}/metadata", id(which)?), patch).await
        }
        Operation::SetTtl(which, hours) => {
            let patch = json!({ "ttl": format!("{hours}h") });
            lab.patch(&format!("{}/metadata", id(which)?), patch).await
        }
        Operation::SetRotation(which, days) => {
            let on = *days > 0;
            let rotation = json!({ "auto_rotate": on, "interval": days.max(&1), "unit": "day" });
            lab.patch(&format!("{}/metadata", id(which)?), json!({ "rotation": rotation })).await
        }
        Operation::Lock(which, version, mode) => {
            let path = format!("{}/versions/{version}/locks_bulk{mode}", id(which)?);
            lab.post(&path, json!({ "locks": [{ "name": "app" }] })).await
        }
        Operation::Unlock(which, version) => {
            lab.delete(&format!("{}/versions/{version}/locks_bulk", id(which)?)).await
        }
        Operation::DeleteData(which) => {
            lab.delete(&format!("{}/versions/current/secret_data", id(which)?)).await
        }
        Operation::Delete(which) => lab.delete(&id(which)?).await,
        Operation::Meddle(which, delete) => {
            let secret = lab.get(&format!("{}/metadata", id(which)?)).await;
            let key = format!("/v1/apikeys/{}", secret.body.get("api_key_id")?.as_str()?);
            let unlocked = lab.delete(&format!("{key}/lock")).await;
            match delete {
                true => lab.delete(&key).await,
                false => unlocked,
            }
        }
        Operation::Advance(seconds) => {
            lab.advance(*seconds).await;
            return None;
        }
    };
    Some(response)
}

fn rows<'a>(state: &'a Value, half: &str, kind: &str) -> &'a [Value] {
    state[half][kind].as_array().unwrap()
}

/// The ids of the engine's objects in IAM.
fn engine_made(state: &Value, kind: &str) -> BTreeSet<String> {
    rows(state, "iam", kind)
        .iter()
        .filter(|row| row["name"].as_str().unwrap().starts_with(ENGINE_PREFIX))
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Checks the invariants of a state. `deleted` has the keys that were deleted in IAM.
fn check(state: &Value, deleted: &BTreeSet<String>) {
    let secrets = rows(state, "secrets_manager", "secrets");
    let mut owned_keys = BTreeSet::new();
    let mut owned_ids = BTreeSet::new();
    let mut names = BTreeSet::new();
    for secret in secrets {
        assert!(names.insert(secret["name"].as_str().unwrap()), "two secrets have one name");
        let settings = &secret["kind"]["iam_credentials"];
        let versions = secret["versions"].as_array().unwrap();
        assert!((1..=50).contains(&versions.len()));
        let with_data: Vec<_> =
            versions.iter().filter(|version| version.get("payload").is_some()).collect();
        let most = if settings["reuse_api_key"] == true { 2 } else { 1 };
        assert!(with_data.len() <= most, "{} versions with data", with_data.len());
        for version in versions.iter().rev().skip(2) {
            assert!(version.get("payload").is_none(), "an old version has data");
        }
        for version in with_data {
            let key = version["api_key_id"].as_str().unwrap().to_owned();
            assert!(owned_keys.insert(key), "two versions have one key");
            if settings["source"].get("access_groups").is_some() {
                owned_ids.insert(version["service_id"].as_str().unwrap().to_owned());
            }
        }
        for version in versions {
            let locked = !version["locks"].as_array().unwrap().is_empty();
            assert!(!locked || version.get("payload").is_some(), "a lock without data");
        }
    }
    let living: BTreeSet<String> = owned_keys.difference(deleted).cloned().collect();
    assert_eq!(engine_made(state, "api_keys"), living, "keys in IAM and keys of versions");
    assert_eq!(engine_made(state, "service_ids"), owned_ids, "service IDs in IAM and of versions");
    for member in rows(state, "iam", "memberships") {
        let id = member["iam_id"].as_str().unwrap().strip_prefix("iam-").unwrap();
        assert!(owned_ids.contains(id), "a member that is gone");
    }
}

/// Runs a sequence on a new emulator, checks after each operation, and deletes everything.
async fn live(lab: &Lab, operations: &[Operation]) {
    lab.post("/_emulator/reset", json!({})).await.expect(204);
    let fresh = lab.state().await;
    let lab = &lab.with_new_token().await;
    lab.configure().await;
    let mut deleted = BTreeSet::new();
    let mut before = lab.state().await;
    for operation in operations {
        // With an expired token, every request would be refused.
        let lab = &lab.with_new_token().await;
        let response = perform(lab, operation).await;
        let after = lab.state().await;
        if let Operation::Meddle(_, true) = operation {
            let gone = engine_made(&before, "api_keys");
            deleted.extend(gone.difference(&engine_made(&after, "api_keys")).cloned());
        }
        if let Some(response) = response {
            assert!(response.status < 500, "{operation:?}: {}", response.body);
            // Unlocking succeeds even if deleting is refused afterwards.
            if response.status >= 400 && !matches!(operation, Operation::Meddle(..)) {
                assert_eq!(after, before, "{operation:?} was refused and changed something");
            }
        }
        check(&after, &deleted);
        before = after;
    }
    let lab = &lab.with_new_token().await;
    for secret in lab.get("secrets").await.at("secrets").as_array().unwrap() {
        let path = format!("secrets/{}", secret["id"].as_str().unwrap());
        for version in ["current", "previous"] {
            lab.delete(&format!("{path}/versions/{version}/locks_bulk")).await;
        }
        lab.delete(&path).await.expect(204);
    }
    lab.delete("configurations/engine").await.expect(204);
    let left = lab.state().await;
    for half in ["iam", "secrets_manager"] {
        assert_eq!(left[half], fresh[half], "something is left");
    }
}

fn any_life(change: impl FnOnce(&mut ibm_sm_emulator::Options)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lab = runtime.block_on(Lab::with(change));
    let config = Config {
        cases: CASES,
        // Failing sequences are printed, not kept in a file.
        failure_persistence: None,
        ..Config::default()
    };
    let lives = proptest::collection::vec(operation(), 1..32);
    TestRunner::new(config)
        .run(&lives, |operations| {
            runtime.block_on(live(&lab, &operations));
            Ok(())
        })
        .unwrap();
}

/// Every key of the engine belongs to exactly one version, nothing is left in IAM after
/// delete, at most two versions have data (one if dynamic), names are unique, and a refusal
/// changes nothing.
#[test]
fn invariants_hold() {
    any_life(|_| {});
}

/// The same, with secrets destroyed at the end of a lease.
#[test]
fn invariants_hold_when_leases_destroy() {
    any_life(|options| options.state.switches.on_reuse_expiry = OnReuseExpiry::Destroy);
}
