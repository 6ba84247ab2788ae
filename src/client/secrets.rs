//! IAM credentials secrets and their versions: one method per endpoint (ibm-api.md 2.4, 2.5).

use reqwest::Method;

use super::InstanceClient;
use super::call::Call;
use super::error::ApiError;
use super::pages::PAGE_SIZE;
use super::types::{
    Secret, SecretMetadata, SecretMetadataPatch, SecretPrototype, SecretType, VersionMetadata,
    VersionMetadataPatch,
};

/// The most that the list can be searched for.
const MAX_SEARCH_CHARS: usize = 128;

/// Which secrets a list shows. What is empty shows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Part of the id, name, description, type or a label; 2 to 128 characters.
    pub search: Option<String>,
    /// Ids of groups, in one of which the secret is.
    pub groups: Vec<String>,
    /// Labels, all of which the secret has.
    pub match_all_labels: Vec<String>,
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
        let search = name.chars().take(MAX_SEARCH_CHARS).collect();
        let filter = SecretFilter { search: Some(search), ..SecretFilter::default() };
        let call = self.list_secrets_call(&filter)?;
        let is_it = |secret: &SecretMetadata| secret.name.as_deref() == Some(name);
        Ok(self.pages(&call, PAGE_SIZE, 1, is_it).await?.pop())
    }

    /// S2: up to `limit` IAM credentials secrets, the oldest first. Changes nothing.
    pub async fn list_secrets(
        &self,
        filter: &SecretFilter,
        limit: usize,
    ) -> Result<Vec<SecretMetadata>, ApiError> {
        let call = self.list_secrets_call(filter)?;
        self.pages(&call, limit.min(PAGE_SIZE), limit, |_| true).await
    }

    fn list_secrets_call(&self, filter: &SecretFilter) -> Result<Call, ApiError> {
        let groups = filter.groups.join(",");
        let labels = filter.match_all_labels.join(",");
        let filters = [
            ("search", filter.search.as_deref().unwrap_or_default()),
            ("groups", &groups),
            ("match_all_labels", &labels),
        ];
        let given: Vec<_> = filters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Ok(self
            .call("list_secrets", Method::GET, &["secrets"])?
            .query(&[("secret_types", SecretType::IamCredentials.as_str()), ("sort", "created_at")])
            .query(&given))
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
}
