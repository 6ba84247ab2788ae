//! The sample seeds are what their descriptions promise.

use crate::lab::{Lab, START, static_secret};
use clap::ValueEnum as _;
use ibm_sm_emulator::samples::Sample;
use ibm_sm_emulator::seed;
use serde_json::{Value, json};

const DAY: u32 = 86_400;

async fn start(sample: Sample) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.toml");
    std::fs::write(&file, sample.text(START.parse().unwrap())).unwrap();
    let state = seed::read(&file).unwrap();
    Lab::with(|options| options.state = state).await
}

/// The secrets by name.
async fn secret(lab: &Lab, name: &str) -> Value {
    let listed = lab.get("secrets").await.expect(200);
    let found = listed.at("secrets").as_array().unwrap().iter().find(|it| it["name"] == name);
    found.unwrap().clone()
}

async fn key(lab: &Lab, secret: &Value) -> String {
    let read = lab.get(&format!("secrets/{}", secret["id"].as_str().unwrap())).await.expect(200);
    read.text("api_key").to_owned()
}

/// Whoever restores one finds all times resolved, and exports for each client.
#[tokio::test]
async fn each_sample_can_be_started_with() {
    for sample in Sample::value_variants() {
        let text = sample.text(START.parse().unwrap());
        assert!(!text.contains("\"now"), "{sample:?}");
        let lab = start(*sample).await;
        lab.post("secret_groups", json!({ "name": "mine" })).await.expect(201);
        assert_eq!(lab.get("/_emulator/env/python").await.status, 200);
    }
}

#[tokio::test]
async fn minimal_is_one_of_each() {
    let lab = start(Sample::Minimal).await;
    let state = lab.state().await;
    for (kind, name, count) in [
        ("iam", "accounts", 1),
        ("iam", "service_ids", 1),
        ("iam", "api_keys", 1),
        ("secrets_manager", "instances", 1),
        ("secrets_manager", "secrets", 0),
    ] {
        assert_eq!(state[kind][name].as_array().unwrap().len(), count, "{name}");
    }
}

#[tokio::test]
async fn two_accounts_make_credentials_in_each_other() {
    let lab = start(Sample::TwoAccounts).await;
    let token = lab.token_of(seed::OTHER_BOOTSTRAP_API_KEY).await;
    let other = Lab::with_token(lab.url.clone(), token);
    let secrets = format!("/instances/{}/api/v2/secrets", seed::OTHER_INSTANCE_ID);
    let listed = other.get(&secrets).await.expect(200);
    let listed = listed.at("secrets").as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for secret in listed {
        assert_eq!(secret["account_id"], seed::ACCOUNT_ID);
        let read = other.get(&format!("{secrets}/{}", secret["id"].as_str().unwrap())).await;
        assert!(lab.accepts(read.text("api_key")).await);
    }
    // And the other way round.
    let mut body = static_secret("mine", true);
    body["account_id"] = json!(seed::OTHER_ACCOUNT_ID);
    body["service_id"] = json!(seed::OTHER_STATIC_SERVICE_ID);
    let id = lab.secret(body).await;
    assert!(lab.accepts(lab.get(&format!("secrets/{id}")).await.text("api_key")).await);
}

#[tokio::test]
async fn a_team_has_leases_and_rotations_under_way() {
    let lab = start(Sample::Team).await;
    let groups = lab.get("secret_groups").await.expect(200);
    let groups = groups.at("secret_groups").as_array().unwrap();
    let names: Vec<_> = groups.iter().filter_map(|group| group["name"].as_str()).collect();
    for name in ["checkout", "data-platform", "on-call"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let mailer = secret(&lab, "checkout-mailer").await;
    let orders = secret(&lab, "checkout-orders").await;
    let loader = secret(&lab, "warehouse-loader").await;
    let mailer_key = key(&lab, &mailer).await;
    assert!(lab.accepts(&mailer_key).await);
    let orders_key = key(&lab, &orders).await;
    assert!(lab.accepts(&orders_key).await);
    // It has been rotated before, and is locked.
    assert_eq!(loader["versions_total"], 3);
    let id = loader["id"].as_str().unwrap();
    assert_eq!(lab.delete(&format!("secrets/{id}")).await.status, 412);
    // Each read of a dynamic secret is another key.
    let notebook = secret(&lab, "notebook").await;
    assert_ne!(key(&lab, &notebook).await, key(&lab, &notebook).await);
    // Nobody has read it yet.
    let unread = secret(&lab, "break-glass").await;
    assert_eq!(unread.get("expiration_date"), None);
    assert!(lab.accepts(&key(&lab, &unread).await).await);
    assert_eq!(secret(&lab, "pager-token").await["secret_type"], "arbitrary");

    lab.advance(5 * DAY).await;
    assert!(!lab.accepts(&mailer_key).await, "the lease has ended");
    lab.advance(5 * DAY).await;
    let later = lab.with_new_token().await;
    assert_eq!(secret(&later, "checkout-orders").await["versions_total"], 3, "rotated");
}
