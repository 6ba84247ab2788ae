//! Rotation, revocation and locks: one method per endpoint (ibm-api.md 2.5, 2.6).

use reqwest::Method;
use serde::Deserialize;

use super::InstanceClient;
use super::error::ApiError;
use super::types::{SecretLock, Version, VersionPrototype};

#[derive(Deserialize)]
struct LockList {
    locks: Vec<SecretLock>,
}

impl InstanceClient {
    /// V1: rotates a secret, which makes a new key. The one before keeps working until its own
    /// lease ends; the one before that is revoked.
    pub async fn create_version(
        &self,
        secret_id: &str,
        prototype: &VersionPrototype,
    ) -> Result<Version, ApiError> {
        let path = ["secrets", secret_id, "versions"];
        let call = self.call("create_version", Method::POST, &path)?;
        self.json(&call.json(prototype)?).await
    }

    /// V6: revokes the current key at once, and with it a service ID that the engine made.
    pub async fn delete_current_version_data(&self, secret_id: &str) -> Result<(), ApiError> {
        let path = ["secrets", secret_id, "versions", "current", "secret_data"];
        let call = self.call("delete_version_data", Method::DELETE, &path)?;
        self.empty(&call).await
    }

    /// L2: the first locks of a secret, by name.
    pub async fn list_secret_locks(&self, secret_id: &str) -> Result<Vec<SecretLock>, ApiError> {
        let path = ["secrets", secret_id, "locks"];
        let call = self.call("list_secret_locks", Method::GET, &path)?;
        let list: LockList = self.json(&call).await?;
        Ok(list.locks)
    }
}
