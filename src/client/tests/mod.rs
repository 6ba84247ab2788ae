//! The send loop as its callers see it: what a server receives, and what comes back.

mod cancellation;
mod errors;
mod repetition;
mod tokens;

use crate::client::{ApiError, InstanceClient, SecretGroup, SecretGroupPrototype};

const GROUP: &str = r#"{"id":"g-1","name":"team","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
const REFUSAL: &str = r#"{"errors":[{"code":"E1","message":"No."}],"trace":"t-1"}"#;

fn prototype() -> SecretGroupPrototype {
    SecretGroupPrototype { name: "team".to_owned(), description: None }
}

async fn create(client: &InstanceClient) -> Result<SecretGroup, ApiError> {
    client.create_secret_group(&prototype()).await
}
