//! API keys in IAM: whether a key works, and whether it exists (ibm-api.md 3.2).

use secrecy::SecretString;

use super::error::{ApiError, ApiErrorKind};
use super::grant::{Grant, get_token};
use super::instance::InstanceClient;
use super::operation::Operation;
use super::request::Request;

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

    /// Whether the key with this id exists in IAM.
    pub async fn key_exists(&self, api_key_id: &str) -> Result<bool, ApiError> {
        let request = Request::new(Operation::GetApiKey, self.iam_url.as_url(), &[api_key_id])?;
        match self.empty(&request).await {
            Ok(()) => Ok(true),
            Err(reason) if reason.is_not_found() => Ok(false),
            Err(reason) => Err(reason),
        }
    }
}
