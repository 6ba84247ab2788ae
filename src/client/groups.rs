//! Secret groups: one method per endpoint (ibm-api.md 2.7).

use reqwest::Method;
use serde::Deserialize;

use super::InstanceClient;
use super::error::ApiError;
use super::types::{SecretGroup, SecretGroupPatch, SecretGroupPrototype};

#[derive(Deserialize)]
struct GroupList {
    secret_groups: Vec<SecretGroup>,
}

impl InstanceClient {
    /// G1: creates a group.
    pub async fn create_secret_group(
        &self,
        prototype: &SecretGroupPrototype,
    ) -> Result<SecretGroup, ApiError> {
        let call = self.call("create_secret_group", Method::POST, &["secret_groups"])?;
        self.json(&call.json(prototype)?).await
    }

    /// G2: all groups; there are no pages.
    pub async fn list_secret_groups(&self) -> Result<Vec<SecretGroup>, ApiError> {
        let call = self.call("list_secret_groups", Method::GET, &["secret_groups"])?;
        let list: GroupList = self.json(&call).await?;
        Ok(list.secret_groups)
    }

    /// G3: one group.
    pub async fn get_secret_group(&self, id: &str) -> Result<SecretGroup, ApiError> {
        let call = self.call("get_secret_group", Method::GET, &["secret_groups", id])?;
        self.json(&call).await
    }

    /// G4: changes name or description.
    pub async fn update_secret_group(
        &self,
        id: &str,
        patch: &SecretGroupPatch,
    ) -> Result<SecretGroup, ApiError> {
        let call = self.call("update_secret_group", Method::PATCH, &["secret_groups", id])?;
        self.json(&call.merge_patch(patch)?).await
    }

    /// G5: deletes a group, which must be empty.
    pub async fn delete_secret_group(&self, id: &str) -> Result<(), ApiError> {
        let call = self.call("delete_secret_group", Method::DELETE, &["secret_groups", id])?;
        self.empty(&call).await
    }
}
