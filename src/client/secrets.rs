//! IAM credentials secrets and their versions: one method per endpoint (ibm-api.md 2.4, 2.5).

use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::InstanceClient;
use super::error::ApiError;
use super::types::{
    Secret, SecretMetadata, SecretMetadataPatch, SecretPrototype, SecretType, VersionMetadata,
    VersionMetadataPatch,
};

/// The most that the list gives at once.
const PAGE_SIZE: usize = 1000;
/// The most that the list can be searched for.
const MAX_SEARCH_CHARS: usize = 128;

/// One page of a list (ibm-api.md 2.3).
#[derive(Deserialize)]
struct SecretPage {
    secrets: Vec<SecretMetadata>,
    /// There while more pages follow.
    next: Option<IgnoredAny>,
}

impl InstanceClient {
    /// S1: creates a secret. On [`ApiError::outcome_unknown`] look it up by its name.
    pub async fn create_secret(&self, prototype: &SecretPrototype) -> Result<Secret, ApiError> {
        let call = self.call("create_secret", Method::POST, &["secrets"])?;
        self.json(&call.json(prototype)?).await
    }

    /// S3: the secret with its value. For a dynamic secret this makes new credentials.
    pub async fn get_secret(&self, id: &str) -> Result<Secret, ApiError> {
        let call = self.call("get_secret", Method::GET, &["secrets", id])?;
        self.json(&call).await
    }

    /// S4: as [`get_secret`](Self::get_secret), by the names of group and secret.
    pub async fn get_secret_by_name(&self, group: &str, name: &str) -> Result<Secret, ApiError> {
        let kind = SecretType::IamCredentials;
        let path = ["secret_groups", group, "secret_types", kind.as_str(), "secrets", name];
        let call = self.call("get_secret_by_name", Method::GET, &path)?;
        self.json(&call).await
    }

    /// S5: the secret without its value. Changes nothing.
    pub async fn get_secret_metadata(&self, id: &str) -> Result<SecretMetadata, ApiError> {
        let path = ["secrets", id, "metadata"];
        let call = self.call("get_secret_metadata", Method::GET, &path)?;
        self.json(&call).await
    }

    /// S6: changes what can be changed in place.
    pub async fn update_secret_metadata(
        &self,
        id: &str,
        patch: &SecretMetadataPatch,
    ) -> Result<SecretMetadata, ApiError> {
        let path = ["secrets", id, "metadata"];
        let call = self.call("update_secret_metadata", Method::PATCH, &path)?;
        self.json(&call.merge_patch(patch)?).await
    }

    /// S7: deletes the secret and revokes its credentials.
    pub async fn delete_secret(&self, id: &str) -> Result<(), ApiError> {
        let call = self.call("delete_secret", Method::DELETE, &["secrets", id])?;
        self.empty(&call).await
    }

    /// S2: the IAM credentials secret of this name, if there is one. Changes nothing.
    ///
    /// Names are unique per kind in the whole instance, so there is at most one.
    pub async fn find_secret_by_name(
        &self,
        name: &str,
    ) -> Result<Option<SecretMetadata>, ApiError> {
        // The search finds parts of names, so a part that is short enough will do.
        let search: String = name.chars().take(MAX_SEARCH_CHARS).collect();
        let mut offset = 0;
        loop {
            let page = self.secret_page(&search, offset).await?;
            let seen = page.secrets.len();
            let found =
                page.secrets.into_iter().find(|secret| secret.name.as_deref() == Some(name));
            if found.is_some() || page.next.is_none() || seen == 0 {
                return Ok(found);
            }
            offset += seen;
        }
    }

    /// V4: a version without its value; `version` is an id, `current` or `previous`.
    pub async fn get_version_metadata(
        &self,
        secret_id: &str,
        version: &str,
    ) -> Result<VersionMetadata, ApiError> {
        let path = ["secrets", secret_id, "versions", version, "metadata"];
        let call = self.call("get_version_metadata", Method::GET, &path)?;
        self.json(&call).await
    }

    /// V5: replaces the user's data about a version, named as for V4.
    pub async fn update_version_metadata(
        &self,
        secret_id: &str,
        version: &str,
        patch: &VersionMetadataPatch,
    ) -> Result<VersionMetadata, ApiError> {
        let path = ["secrets", secret_id, "versions", version, "metadata"];
        let call = self.call("update_version_metadata", Method::PATCH, &path)?;
        self.json(&call.merge_patch(patch)?).await
    }

    async fn secret_page(&self, search: &str, offset: usize) -> Result<SecretPage, ApiError> {
        let call = self.call("list_secrets", Method::GET, &["secrets"])?.query(&[
            ("offset", &offset.to_string()),
            ("limit", &PAGE_SIZE.to_string()),
            ("search", search),
            ("secret_types", SecretType::IamCredentials.as_str()),
        ]);
        self.json(&call).await
    }
}
