//! Secret groups: one method per endpoint (ibm-api.md 2.7).

use serde::Deserialize;

use super::error::ApiError;
use super::instance::InstanceClient;
use super::operation::Operation;
use super::pages::Source;
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
        let request = self.request(Operation::CreateSecretGroup, &[])?;
        self.json(&request.json(prototype)?).await
    }

    /// G2: all groups; there are no pages.
    pub async fn list_secret_groups(&self) -> Result<Vec<SecretGroup>, ApiError> {
        let list: GroupList = self.json(&self.request(Operation::ListSecretGroups, &[])?).await?;
        Ok(list.secret_groups)
    }

    /// G3: one group.
    pub async fn get_secret_group(&self, id: &str) -> Result<SecretGroup, ApiError> {
        self.json(&self.request(Operation::GetSecretGroup, &[id])?).await
    }

    /// G3, or G2 where many groups are read together: one group, and who says so.
    pub async fn read_secret_group(&self, id: &str) -> Result<(SecretGroup, Source), ApiError> {
        let read = self.request(Operation::GetSecretGroup, &[id])?;
        let list = self.request(Operation::ListSecretGroups, &[])?;
        let page = move |client: Self, _| {
            let list = list.clone();
            async move { client.raw_page(list).await }
        };
        self.read_or_find("secret groups", id, read, page).await
    }

    /// G4: changes name or description.
    pub async fn update_secret_group(
        &self,
        id: &str,
        patch: &SecretGroupPatch,
    ) -> Result<SecretGroup, ApiError> {
        let request = self.request(Operation::UpdateSecretGroup, &[id])?;
        self.json(&request.merge_patch(patch)?).await
    }

    /// G5: deletes a group, which must be empty.
    pub async fn delete_secret_group(&self, id: &str) -> Result<(), ApiError> {
        self.empty(&self.request(Operation::DeleteSecretGroup, &[id])?).await
    }
}
