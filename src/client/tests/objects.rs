//! JSON and calls that several files of tests use.

use crate::client::error::ApiError;
use crate::client::instance::InstanceClient;
use crate::client::types::{SecretGroup, SecretGroupPrototype};

pub(super) const GROUP: &str = r#"{"id":"g-1","name":"team","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
pub(super) const REFUSAL: &str = r#"{"errors":[{"code":"E1","message":"No."}],"trace":"t-1"}"#;

pub(super) async fn create(client: &InstanceClient) -> Result<SecretGroup, ApiError> {
    let prototype = SecretGroupPrototype { name: "team".to_owned(), description: None };
    client.create_secret_group(&prototype).await
}
