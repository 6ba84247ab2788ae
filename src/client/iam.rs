//! IAM: tokens for keys, and whether a key is there (ibm-api.md 1.5, 3.2).

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::InstanceClient;
use super::auth::Anonymous;
use super::call::Call;
use super::endpoint::IamUrl;
use super::error::{ApiError, ApiErrorKind};
use super::token::IssuedToken;
use super::transport::Transport;

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    expires_in: Option<u64>,
    expiration: Option<u64>,
}

/// Exchanges an API key for a token. A second exchange does no harm, so it may be repeated.
pub(super) async fn exchange_api_key(
    transport: &Transport,
    iam_url: &IamUrl,
    api_key: &SecretString,
    cancel: &CancellationToken,
) -> Result<IssuedToken, ApiError> {
    let call = Call::new("get_token", Method::POST, iam_url.as_url(), &["identity", "token"])?
        .repeatable()
        .secret(Some(api_key))
        .form(&[
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", api_key.expose_secret()),
            ("response_type", "cloud_iam"),
        ]);
    let reply: TokenReply =
        transport.json(&call, &Anonymous, cancel).await.map_err(as_token_error)?;
    Ok(IssuedToken {
        value: reply.access_token,
        expires_in: reply.expires_in,
        expiration: reply.expiration,
    })
}

impl InstanceClient {
    /// Whether IAM gives a token for the key. A new key can take a few seconds.
    pub async fn key_is_accepted(&self, api_key: &SecretString) -> Result<bool, ApiError> {
        let answer = exchange_api_key(&self.transport, &self.iam_url, api_key, &self.cancel).await;
        match answer {
            Ok(_) => Ok(true),
            Err(reason) if reason.kind() == ApiErrorKind::Unauthenticated => Ok(false),
            Err(reason) => Err(reason),
        }
    }

    /// Whether the key with this id exists in IAM. Needs a viewer's role there.
    pub async fn key_exists(&self, api_key_id: &str) -> Result<bool, ApiError> {
        let path = ["v1", "apikeys", api_key_id];
        let call = Call::new("get_api_key", Method::GET, self.iam_url.as_url(), &path)?;
        match self.empty(&call).await {
            Ok(()) => Ok(true),
            Err(reason) if reason.is_not_found() => Ok(false),
            Err(reason) => Err(reason),
        }
    }
}

/// A refused token request is never about the object that the token was wanted for: a 404 here
/// must not look like "the secret is gone".
fn as_token_error(error: ApiError) -> ApiError {
    let kind = match error.kind() {
        ApiErrorKind::Invalid | ApiErrorKind::Unauthenticated | ApiErrorKind::Forbidden => {
            ApiErrorKind::Unauthenticated
        }
        ApiErrorKind::NotFound | ApiErrorKind::Conflict | ApiErrorKind::Locked => {
            ApiErrorKind::UnexpectedStatus
        }
        kind => kind,
    };
    error.with_kind(kind)
}
