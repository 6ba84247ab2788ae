//! API keys and service IDs in IAM: whether a key works, what exists, and its deletion
//! (ibm-api.md 3.1, 3.2).

use secrecy::SecretString;

use super::error::{ApiError, ApiErrorKind};
use super::grant::{Grant, get_token};
use super::instance::InstanceClient;
use super::operation::Operation;
use super::request::Request;
use super::shared_list::Page;
use super::types::IamEntity;

/// The largest page of the list of keys (ibm-api.md 3.2).
const MOST_KEYS: &str = "100";

impl InstanceClient {
    /// Whether IAM issues a token for the key. A new key can take a few seconds to work.
    pub async fn key_is_accepted(&self, api_key: &SecretString) -> Result<bool, ApiError> {
        let grant = Grant::ApiKey(api_key);
        match get_token(&self.transport, &self.iam_url, &grant, self.cancelled()).await {
            Ok(_) => Ok(true),
            Err(reason) if reason.kind() == ApiErrorKind::Unauthenticated => Ok(false),
            Err(reason) => Err(reason),
        }
    }

    /// The API key with this id, if it exists.
    pub async fn find_api_key(&self, id: &str) -> Result<Option<IamEntity>, ApiError> {
        self.find(Operation::GetApiKey, id).await
    }

    /// Whether the API key with this id exists. Where several keys of its service ID are asked for, a
    /// list of them answers.
    pub async fn api_key_exists(&self, id: &str, service_id: &str) -> Result<bool, ApiError> {
        if let Some(list) = self.shared_list(&format!("API keys of {service_id}"))
            && let Some(account) = self.account_id().await
        {
            let owner = format!("iam-{service_id}");
            let keys = Request::new(Operation::ListApiKeys, self.iam_url.as_url(), &[])?.query(&[
                ("account_id", &account),
                ("iam_id", &owner),
                ("type", "serviceid"),
                ("pagesize", MOST_KEYS),
            ]);
            let client = self.uninterrupted();
            let page = move |_| {
                let (client, keys) = (client.clone(), keys.clone());
                // Whatever is on a second page is asked for by itself.
                async move { Ok(Page { has_next: false, ..client.raw_page(keys).await? }) }
            };
            if list.find(id, self.cancelled(), page).await.is_some() {
                return Ok(true);
            }
        }
        Ok(self.find_api_key(id).await?.is_some())
    }

    /// The service ID with this id, if it exists.
    pub async fn find_service_id(&self, id: &str) -> Result<Option<IamEntity>, ApiError> {
        self.find(Operation::GetServiceId, id).await
    }

    /// Deletes an API key, which must not be locked. One that is gone already is no error.
    pub async fn delete_api_key(&self, id: &str) -> Result<(), ApiError> {
        self.remove(Operation::DeleteApiKey, id).await
    }

    /// Deletes a service ID and its keys, none of which may be locked. One that is gone already is
    /// no error.
    pub async fn delete_service_id(&self, id: &str) -> Result<(), ApiError> {
        self.remove(Operation::DeleteServiceId, id).await
    }

    /// Unlocks an API key. One that is gone is no error.
    pub async fn unlock_api_key(&self, id: &str) -> Result<(), ApiError> {
        self.remove(Operation::UnlockApiKey, id).await
    }

    /// Unlocks a service ID. One that is gone is no error.
    pub async fn unlock_service_id(&self, id: &str) -> Result<(), ApiError> {
        self.remove(Operation::UnlockServiceId, id).await
    }

    async fn find(&self, operation: Operation, id: &str) -> Result<Option<IamEntity>, ApiError> {
        let found = self.json(&self.iam_request(operation, id)?).await;
        found.map(Some).or_else(|reason| if reason.is_not_found() { Ok(None) } else { Err(reason) })
    }

    async fn remove(&self, operation: Operation, id: &str) -> Result<(), ApiError> {
        let removed = self.empty(&self.iam_request(operation, id)?).await;
        removed.or_else(|reason| if reason.is_not_found() { Ok(()) } else { Err(reason) })
    }

    fn iam_request(&self, operation: Operation, id: &str) -> Result<Request, ApiError> {
        Request::new(operation, self.iam_url.as_url(), &[id])
    }
}
