//! The requests of IBM's page "Creating IAM credentials", section "Creating IAM credentials with
//! the API": as printed there, except for host and token, and without the page's typos
//! (ibm-api.md 4.13: a doubled brace, a missing quote). The ids are those of the page.

use crate::lab::{Lab, Response, send};
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

/// A lab with the objects that the page refers to.
async fn lab() -> Lab {
    let lab = Lab::with_engine().await;
    lab.edit(|state| {
        let times = json!("2026-01-01T00:00:00Z");
        let groups = state["secrets_manager"]["secret_groups"].as_array_mut().unwrap();
        groups.push(json!({
            "id": SECRET_GROUP, "instance_id": seed::INSTANCE_ID, "name": "page", "created_by": "x",
            "created_at": times, "updated_at": times,
        }));
        let service_ids = state["iam"]["service_ids"].as_array_mut().unwrap();
        service_ids.push(json!({
            "id": SERVICE_ID, "account_id": seed::ACCOUNT_ID, "name": "page",
            "created_at": times, "modified_at": times,
        }));
    })
    .await;
    lab
}

async fn create(lab: &Lab, body: &str) -> Response {
    let request = lab
        .request(Method::POST, "secrets")
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .body(body.to_owned());
    let made = send(request).await.expect(201);
    assert_eq!(made.text("name"), "example-iam-credentials-secret");
    assert_eq!(made.text("description"), "Description of my IAM Credentials secret");
    assert_eq!(made.text("secret_group_id"), SECRET_GROUP);
    assert_eq!(*made.at("labels"), json!(["dev", "us-south"]));
    assert_eq!(made.text("ttl"), "1800");
    assert_eq!(
        *made.at("custom_metadata"),
        json!({ "metadata_custom_key": "metadata_custom_value" })
    );
    let version = format!("secrets/{}/versions/current/metadata", made.text("id"));
    let metadata = lab.get(&version).await.expect(200);
    let expected: Value = json!({ "custom_version_key": "custom_version_value" });
    assert_eq!(*metadata.at("version_custom_metadata"), expected);
    made
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
        let request = lab
            .request(Method::POST, "secrets")
            .header("Content-Type", "application/json")
            .body(body);
        assert_eq!(send(request).await.error().0, 400);
    }
}
