//! The requests of IBM's page "Creating IAM credentials", section "Creating IAM credentials with
//! the API": as printed there, except for host and token, and without the page's typos
//! (ibm-api.md 4.13: a doubled brace, a missing quote). The ids are those of the page.

use crate::lab::{Lab, Response, send};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const SECRET_GROUP: &str = "bfc0a4a9-3d58-4fda-945b-76756af516aa";
const SERVICE_ID: &str = "ServiceId-c0c7cfa4-b24e-4917-ad74-278f2fee5ba0";

const WITH_ACCESS_GROUPS: &str = r#"{
    "name": "example-iam-credentials-secret",
    "description": "Description of my IAM Credentials secret",
    "secret_type": "iam_credentials",
    "secret_group_id": "bfc0a4a9-3d58-4fda-945b-76756af516aa",
    "labels": [
      "dev",
      "us-south"
    ],
    "ttl": "30m",
    "access_groups": [
      "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699",
      "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2"
    ],
    "reuse_api_key": false,
    "custom_metadata": {
      "metadata_custom_key": "metadata_custom_value"
    },
    "version_custom_metadata": {
      "custom_version_key": "custom_version_value"
    }
  }"#;

const WITH_SERVICE_ID: &str = r#"{
      "name": "example-iam-credentials-secret",
      "description": "Description of my IAM Credentials secret",
      "secret_type": "iam_credentials",
      "secret_group_id": "bfc0a4a9-3d58-4fda-945b-76756af516aa",
      "labels": [
        "dev",
        "us-south"
      ],
      "ttl": "30m",
      "service_id": "ServiceId-c0c7cfa4-b24e-4917-ad74-278f2fee5ba0",
      "reuse_api_key": false,
      "custom_metadata": {
        "metadata_custom_key": "metadata_custom_value"
      },
      "version_custom_metadata": {
        "custom_version_key": "custom_version_value"
      }
    }"#;

/// The body that the page's CLI example with a service ID stands for.
const CLI_WITH_SERVICE_ID: &str = r#"{
    "secret_type": "iam_credentials",
    "name": "example-iam-credentials-secret",
    "description": "Description of my IAM credentials secret",
    "service_id": "ServiceId-c0c7cfa4-b24e-4917-ad74-278f2fee5ba0",
    "ttl": "90d",
    "reuse_api_key": true
  }"#;

/// The body that the page's Terraform example stands for.
const TERRAFORM: &str = r#"{
    "secret_type": "iam_credentials",
    "name": "test-iam-credentials-secret",
    "secret_group_id": "bfc0a4a9-3d58-4fda-945b-76756af516aa",
    "service_id": "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97",
    "ttl": "1800",
    "reuse_api_key": true
  }"#;

/// A fresh emulator; the page presumes a configured engine.
async fn lab() -> Lab {
    Lab::with_engine().await
}

async fn post(lab: &Lab, path: &str, body: String) -> Response {
    let request = lab
        .request(Method::POST, path)
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .body(body);
    send(request).await
}

/// Creates the secret of an example below `path`, and compares the answer with what was sent.
async fn create_at(lab: &Lab, path: &str, body: &str) -> Response {
    let made = post(lab, path, body.to_owned()).await.expect(201);
    assert_eq!(made.text("name"), "example-iam-credentials-secret");
    assert_eq!(made.text("description"), "Description of my IAM Credentials secret");
    assert_eq!(made.text("secret_group_id"), SECRET_GROUP);
    assert_eq!(*made.at("labels"), json!(["dev", "us-south"]));
    assert_eq!(made.text("ttl"), "1800");
    assert_eq!(
        *made.at("custom_metadata"),
        json!({ "metadata_custom_key": "metadata_custom_value" })
    );
    let version = format!("{path}/{}/versions/current/metadata", made.text("id"));
    let metadata = lab.get(&version).await.expect(200);
    let expected: Value = json!({ "custom_version_key": "custom_version_value" });
    assert_eq!(*metadata.at("version_custom_metadata"), expected);
    made
}

async fn create(lab: &Lab, body: &str) -> Response {
    create_at(lab, "secrets", body).await
}

/// The example with `account_id` added, as the page says for another account.
fn in_account(body: &str, account_id: &str) -> String {
    body.replacen('{', &format!("{{ \"account_id\": \"{account_id}\","), 1)
}

/// Whether two reads return the same key; both keys are usable.
async fn reuses(lab: &Lab, made: &Response) -> bool {
    let path = format!("secrets/{}", made.text("id"));
    let first = lab.get(&path).await.expect(200);
    let second = lab.get(&path).await.expect(200);
    assert!(lab.accepts(second.text("api_key")).await);
    first.text("api_key") == second.text("api_key")
}

#[tokio::test]
async fn with_access_groups() {
    let lab = lab().await;
    let made = create(&lab, WITH_ACCESS_GROUPS).await;
    assert_eq!(made.at("service_id_is_static"), false);
    assert!(!reuses(&lab, &made).await);
}

#[tokio::test]
async fn with_access_groups_and_a_reused_key() {
    let lab = lab().await;
    let body = WITH_ACCESS_GROUPS.replace(r#""reuse_api_key": false"#, r#""reuse_api_key": true"#);
    let made = create(&lab, &body).await;
    assert!(reuses(&lab, &made).await);
}

#[tokio::test]
async fn with_a_service_id() {
    let lab = lab().await;
    let made = create(&lab, WITH_SERVICE_ID).await;
    assert_eq!(made.at("service_id_is_static"), true);
    assert_eq!(made.text("service_id"), SERVICE_ID);
    assert!(!reuses(&lab, &made).await);
}

#[tokio::test]
async fn with_a_service_id_and_a_reused_key() {
    let lab = lab().await;
    let body = WITH_SERVICE_ID.replace(r#""reuse_api_key": false"#, r#""reuse_api_key": true"#);
    let made = create(&lab, &body).await;
    assert!(reuses(&lab, &made).await);
}

/// The page's typos are refused.
#[tokio::test]
async fn the_typos_of_the_page() {
    let lab = lab().await;
    for body in
        [format!("{{ {WITH_ACCESS_GROUPS}"), WITH_SERVICE_ID.replace("fee5ba0\"", "fee5ba0")]
    {
        assert_eq!(post(&lab, "secrets", body).await.error().0, 400);
    }
}

#[tokio::test]
async fn from_the_cli_and_from_terraform() {
    let lab = lab().await;
    for (body, ttl, service_id) in
        [(CLI_WITH_SERVICE_ID, "7776000", SERVICE_ID), (TERRAFORM, "1800", seed::STATIC_SERVICE_ID)]
    {
        let made = post(&lab, "secrets", body.to_owned()).await.expect(201);
        assert_eq!(made.text("ttl"), ttl);
        assert_eq!(made.text("service_id"), service_id);
        assert!(reuses(&lab, &made).await);
    }
}

/// The page's ids in the account that they are in, from an instance of the other account: it needs
/// no configured engine there, since the authorizations exist (4.2).
#[tokio::test]
async fn in_another_account() {
    let mut lab = Lab::start().await;
    lab.token = lab.token_of(seed::OTHER_BOOTSTRAP_API_KEY).await;
    let path = format!("/instances/{}/api/v2/secrets", seed::OTHER_INSTANCE_ID);
    let reused =
        WITH_ACCESS_GROUPS.replace(r#""reuse_api_key": false"#, r#""reuse_api_key": true"#);
    for body in [WITH_ACCESS_GROUPS, &reused, WITH_SERVICE_ID] {
        let refused = post(&lab, &path, body.to_owned()).await;
        assert_eq!(
            (refused.error().0, refused.error().1),
            (400, "secrets-manager.Error01002"),
            "no engine for the instance's own account"
        );
        let made = create_at(&lab, &path, &in_account(body, seed::ACCOUNT_ID)).await;
        assert_eq!(made.text("account_id"), seed::ACCOUNT_ID);
        assert!(made.text("crn").contains(&format!(":eu-de:a/{}:", seed::OTHER_ACCOUNT_ID)));
        let secret = format!("{path}/{}", made.text("id"));
        let read = lab.get(&secret).await.expect(200);
        let key = lab.exchange(read.text("api_key")).await.expect(200);
        assert_eq!(account_of(key.text("access_token")), seed::ACCOUNT_ID);
        lab.delete(&secret).await.expect(204);
    }
    assert_eq!(lab.engine_objects().await, Vec::<String>::new());
}

/// From the first account's instance into the second account.
#[tokio::test]
async fn in_the_second_account() {
    let lab = lab().await;
    let body = in_account(WITH_SERVICE_ID, seed::OTHER_ACCOUNT_ID);
    let response = post(&lab, "secrets", body.clone()).await;
    assert_eq!(response.error().0, 400, "the service ID is in the first account");
    let body = body.replace(SERVICE_ID, seed::OTHER_STATIC_SERVICE_ID);
    let made = create(&lab, &body).await;
    assert_eq!(made.text("account_id"), seed::OTHER_ACCOUNT_ID);
    let read = lab.get(&format!("secrets/{}", made.text("id"))).await.expect(200);
    let key = lab.exchange(read.text("api_key")).await.expect(200);
    assert_eq!(account_of(key.text("access_token")), seed::OTHER_ACCOUNT_ID);
}

/// The account in a token's claims.
fn account_of(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["account"]["bss"].as_str().unwrap().to_owned()
}
