//! The exchange of credentials for tokens: which grant is used, and with what.

use secrecy::SecretString;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use super::credentials::{TokenSource, TrustedProfile};
use super::endpoint::IamUrl;
use super::error::{ApiError, ApiErrorKind, Target};
use super::grant::{Grant, Granted, get_token};
use super::token::{IssuedToken, Token, TokenCache};
use super::transport::Transport;

/// Gets the tokens of one client and caches the one in use.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) transport: Arc<Transport>,
    pub(super) iam_url: IamUrl,
    pub(super) cache: Arc<TokenCache>,
    pub(super) grant_type: GrantType,
}

/// Which grant gets the next token, and what it needs.
#[derive(Debug)]
pub(super) enum GrantType {
    ApiKey(SecretString),
    /// The refresh token of the last response.
    RefreshToken(Mutex<SecretString>),
    /// A profile that the key's identity assumes; the identity's own token is cached too.
    AssumedProfile {
        api_key: SecretString,
        own: Arc<TokenCache>,
        profile: TrustedProfile,
    },
    /// A profile that a compute resource acts as.
    ComputeResource {
        token: TokenSource,
        profile: TrustedProfile,
    },
}

impl Exchange {
    /// The token in use, or the next one. `target` is the request that needs it.
    pub(super) async fn token(self: &Arc<Self>, target: &Target) -> Result<Token, ApiError> {
        let fetch = || Arc::clone(self).fetch(target.clone());
        self.cache.get(target, fetch).await
    }

    /// Removes a token that a service refused.
    pub(super) fn remove(&self, refused: &Token) {
        self.cache.remove(refused, || {
            if let GrantType::AssumedProfile { own, .. } = &self.grant_type {
                // What invalidated the profile's token may have invalidated the identity's own.
                own.clear();
            }
        });
    }

    async fn fetch(self: Arc<Self>, target: Target) -> Result<IssuedToken, ApiError> {
        match &self.grant_type {
            GrantType::ApiKey(key) => Ok(self.request(&Grant::ApiKey(key)).await?.token),
            GrantType::RefreshToken(current) => {
                let used = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let granted = self.request(&Grant::RefreshToken(&used)).await?;
                if let Some(next) = granted.refresh_token {
                    *current.lock().unwrap_or_else(PoisonError::into_inner) = next;
                }
                Ok(granted.token)
            }
            GrantType::AssumedProfile { api_key, own, profile } => {
                let fetch = || {
                    let (this, key) = (Arc::clone(&self), api_key.clone());
                    async move { Ok(this.request(&Grant::ApiKey(&key)).await?.token) }
                };
                let own = own.get(&target, fetch).await?;
                Ok(self.request(&Grant::Assume(own.secret(), profile)).await?.token)
            }
            GrantType::ComputeResource { token, profile } => {
                let token = read_token(token.clone(), &target).await?;
                Ok(self.request(&Grant::ComputeResource(&token, profile)).await?.token)
            }
        }
    }

    async fn request(&self, grant: &Grant<'_>) -> Result<Granted, ApiError> {
        // Other callers may need the token when one is cancelled.
        let never = CancellationToken::new();
        get_token(&self.transport, &self.iam_url, grant, &never).await
    }
}

/// The compute resource's token, read on a thread that may block.
async fn read_token(source: TokenSource, target: &Target) -> Result<SecretString, ApiError> {
    let read = tokio::task::spawn_blocking(move || source.read()).await;
    // A task that ends without a result was stopped together with its runtime.
    let token = read.map_err(|_| ApiError::new(ApiErrorKind::Cancelled, target))?;
    token.map_err(|reason| ApiError::new(ApiErrorKind::NoCredentials, target).with_message(reason))
}
