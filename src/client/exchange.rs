//! From credentials to tokens: which grant gets the next one, and what it needs for that.

use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use super::auth::TrustedProfile;
use super::endpoint::IamUrl;
use super::error::{ApiError, ApiErrorKind, Target};
use super::iam::{self, Grant, Granted};
use super::token::{IssuedToken, Token, TokenCache};
use super::transport::Transport;

/// What gets the tokens of one client, and the token in use.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) transport: Arc<Transport>,
    pub(super) iam_url: IamUrl,
    pub(super) cache: Arc<TokenCache>,
    pub(super) source: Source,
}

/// What the next token is got with.
#[derive(Debug)]
pub(super) enum Source {
    ApiKey(SecretString),
    /// The refresh token of the last reply.
    RefreshToken(Mutex<SecretString>),
    /// A profile that the key's identity acts as; the identity's own token is kept too.
    Assume {
        api_key: SecretString,
        own: Arc<TokenCache>,
        profile: TrustedProfile,
    },
    /// A profile that a compute resource acts as. The platform replaces its token in the file.
    ComputeResource {
        token_file: PathBuf,
        profile: TrustedProfile,
    },
}

impl Exchange {
    /// The token in use, or the next one. `target` is what it is wanted for.
    pub(super) async fn token(self: &Arc<Self>, target: &Target) -> Result<Token, ApiError> {
        let fetch = || Arc::clone(self).fetch(target.clone());
        self.cache.get(target, fetch).await
    }

    /// Forgets a token that a service refused.
    pub(super) fn forget(&self, refused: &Token) {
        self.cache.forget(refused, || {
            if let Source::Assume { own, .. } = &self.source {
                // Whatever ended the profile's token may have ended the one that got it.
                own.clear();
            }
        });
    }

    async fn fetch(self: Arc<Self>, target: Target) -> Result<IssuedToken, ApiError> {
        match &self.source {
            Source::ApiKey(key) => Ok(self.ask(&Grant::ApiKey(key)).await?.token),
            Source::RefreshToken(current) => {
                let used = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let granted = self.ask(&Grant::RefreshToken(&used)).await?;
                if let Some(next) = granted.refresh_token {
                    *current.lock().unwrap_or_else(PoisonError::into_inner) = next;
                }
                Ok(granted.token)
            }
            Source::Assume { api_key, own, profile } => {
                let fetch = || {
                    let (this, key) = (Arc::clone(&self), api_key.clone());
                    async move { Ok(this.ask(&Grant::ApiKey(&key)).await?.token) }
                };
                let own = own.get(&target, fetch).await?;
                Ok(self.ask(&Grant::Assume(own.secret(), profile)).await?.token)
            }
            Source::ComputeResource { token_file, profile } => {
                let token = read_token(token_file.clone(), &target).await?;
                Ok(self.ask(&Grant::ComputeResource(&token, profile)).await?.token)
            }
        }
    }

    async fn ask(&self, grant: &Grant<'_>) -> Result<Granted, ApiError> {
        // One caller's cancellation must not take the token from the others.
        let never = CancellationToken::new();
        iam::get_token(&self.transport, &self.iam_url, grant, &never).await
    }
}

/// The token in the file, read on a thread where waiting for a disk holds nobody up.
async fn read_token(file: PathBuf, target: &Target) -> Result<SecretString, ApiError> {
    let unusable =
        |reason: String| ApiError::new(ApiErrorKind::NoCredentials, target).with_message(reason);
    let read = tokio::task::spawn_blocking(move || token_in(&file)).await;
    // A task that ends without a result was stopped together with its runtime.
    read.map_err(|_| ApiError::new(ApiErrorKind::Cancelled, target))?.map_err(unusable)
}

fn token_in(file: &Path) -> Result<SecretString, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map(SecretString::from).map_err(|reason| {
        format!("the compute resource token in {shown} cannot be read: {reason}")
    })?;
    match text.expose_secret().trim() {
        "" => Err(format!("the compute resource token in {shown} is empty")),
        token => Ok(token.into()),
    }
}

#[cfg(test)]
mod tests;
