//! Secrets of any type: one method per endpoint (ibm-api.md 2.4).

use super::error::ApiError;
use super::instance::InstanceClient;
use super::operation::Operation;
use super::pages::{PAGE_SIZE, Source};
use super::request::Request;
use super::types::{Secret, SecretMetadata, SecretMetadataPatch, SecretPrototype, SecretType};

/// The longest text that the list can be searched for.
const MAX_SEARCH_CHARS: usize = 128;

/// Which secrets to list. An empty field does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Part of the id, name, description, type or a label; 2 to 128 characters.
    pub search: Option<String>,
    /// Ids of groups; the secret is in one of them.
    pub groups: Vec<String>,
    /// Labels; the secret has all of them.
    pub match_all_labels: Vec<String>,
}

impl InstanceClient {
    /// S1: creates a secret. On [`ApiError::outcome_unknown`] look it up by its name.
    pub async fn create_secret<T: SecretType>(
        &self,
        prototype: &SecretPrototype<T>,
    ) -> Result<Secret<T>, ApiError> {
        let request = self.request(Operation::CreateSecret, &[])?;
        let request = request.secret(T::prototype_value(&prototype.own)).json(prototype)?;
        self.secret(&request).await
    }

    /// S3: the secret with its value. For dynamic IAM credentials this makes a new key.
    pub async fn get_secret<T: SecretType>(&self, id: &str) -> Result<Secret<T>, ApiError> {
        self.secret(&self.request(Operation::GetSecret, &[id])?).await
    }

    /// S4: as [`get_secret`](Self::get_secret), by the names of group and secret.
    pub async fn get_secret_by_name<T: SecretType>(
        &self,
        group_name: &str,
        name: &str,
    ) -> Result<Secret<T>, ApiError> {
        let ids = [group_name, T::NAME, name];
        self.secret(&self.request(Operation::GetSecretByName, &ids)?).await
    }

    async fn secret<T: SecretType>(&self, request: &Request) -> Result<Secret<T>, ApiError> {
        let secret: Secret<T> = self.json(request).await?;
        self.received(T::payload_value(&secret.payload));
        // Looked up by its name, it was not known before which secret is read.
        self.changes(&secret.metadata.common.id);
        Ok(secret)
    }

    /// S5: the secret without its value. Changes nothing.
    pub async fn get_secret_metadata<T: SecretType>(
        &self,
        id: &str,
    ) -> Result<SecretMetadata<T>, ApiError> {
        self.json(&self.request(Operation::GetSecretMetadata, &[id])?).await
    }

    /// S5, or S2 where many secrets are read together: the secret without its value, and who says
    /// so. Changes nothing.
    pub async fn read_secret_metadata<T: SecretType>(
        &self,
        id: &str,
    ) -> Result<(SecretMetadata<T>, Source), ApiError> {
        let read = self.request(Operation::GetSecretMetadata, &[id])?;
        let list = self.list_secrets_request::<T>(&SecretFilter::default())?;
        let page = move |client: Self, offset| {
            let page = list.clone().page(offset, PAGE_SIZE);
            async move { client.raw_page(page).await }
        };
        self.read_or_find(T::NAME, id, read, page).await
    }

    /// S6: changes what can be changed in place.
    pub async fn update_secret_metadata<T: SecretType>(
        &self,
        id: &str,
        patch: &SecretMetadataPatch<T>,
    ) -> Result<SecretMetadata<T>, ApiError> {
        let request = self.request(Operation::UpdateSecretMetadata, &[id])?;
        self.json(&request.merge_patch(patch)?).await
    }

    /// S7: deletes the secret. The keys of IAM credentials are revoked.
    pub async fn delete_secret(&self, id: &str) -> Result<(), ApiError> {
        self.empty(&self.request(Operation::DeleteSecret, &[id])?).await
    }

    /// S2: the secret of this type and name, if there is one. Changes nothing.
    ///
    /// Names are unique per type in the whole instance, so there is at most one.
    pub async fn find_secret_by_name<T: SecretType>(
        &self,
        name: &str,
    ) -> Result<Option<SecretMetadata<T>>, ApiError> {
        // The search matches parts of names, so the beginning of a long one will do.
        let search = name.chars().take(MAX_SEARCH_CHARS).collect();
        let filter = SecretFilter { search: Some(search), ..SecretFilter::default() };
        let request = self.list_secrets_request::<T>(&filter)?;
        let has_name = |secret: &SecretMetadata<T>| secret.common.name.as_deref() == Some(name);
        Ok(self.pages(&request, PAGE_SIZE, 1, has_name).await?.pop())
    }

    /// S2: up to `limit` secrets of this type, the oldest first. Changes nothing.
    pub async fn list_secrets<T: SecretType>(
        &self,
        filter: &SecretFilter,
        limit: usize,
    ) -> Result<Vec<SecretMetadata<T>>, ApiError> {
        let request = self.list_secrets_request::<T>(filter)?;
        self.pages(&request, limit.min(PAGE_SIZE), limit, |_| true).await
    }

    fn list_secrets_request<T: SecretType>(
        &self,
        filter: &SecretFilter,
    ) -> Result<Request, ApiError> {
        let groups = filter.groups.join(",");
        let labels = filter.match_all_labels.join(",");
        let filters = [
            ("search", filter.search.as_deref().unwrap_or_default()),
            ("groups", &groups),
            ("match_all_labels", &labels),
        ];
        let given: Vec<_> = filters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Ok(self
            .request(Operation::ListSecrets, &[])?
            .query(&[("secret_types", T::NAME), ("sort", "created_at")])
            .query(&given))
    }
}
