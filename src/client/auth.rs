//! Who the caller is, and the bearer token that proves it.

use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use super::config::ClientConfig;
use super::endpoint::IamUrl;
use super::error::{ApiError, ApiErrorKind, Target};
use super::iam;
use super::sources::Sources;
use super::token::{Token, TokenCache};
use super::transport::Transport;

/// A way to get a bearer token.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An IBM Cloud API key, exchanged for tokens as needed.
    ApiKey(SecretString),
    /// A token got elsewhere, with or without `Bearer ` before it. It cannot be renewed.
    BearerToken(SecretString),
}

/// What the send loop asks for before each attempt.
pub(super) trait Authorize: Sync {
    /// The token for one attempt at `target`; `None` where none is wanted.
    fn bearer(
        &self,
        target: &Target,
    ) -> impl Future<Output = Result<Option<Token>, ApiError>> + Send;

    /// Takes note that the service refused `token`. True when asking again can give another one.
    fn refused(&self, token: &Token) -> bool;
}

/// For the token request itself.
#[derive(Debug)]
pub(super) struct Anonymous;

impl Authorize for Anonymous {
    async fn bearer(&self, _: &Target) -> Result<Option<Token>, ApiError> {
        Ok(None)
    }

    fn refused(&self, _: &Token) -> bool {
        false
    }
}

/// Holds the credentials of one client.
#[derive(Debug)]
pub(super) enum Authenticator {
    Missing,
    Fixed(Token),
    Exchanged { cache: Arc<TokenCache>, exchange: Arc<Exchange> },
}

/// What it takes to get a token for an API key.
#[derive(Debug)]
pub(super) struct Exchange {
    transport: Arc<Transport>,
    iam_url: IamUrl,
    api_key: SecretString,
}

impl Authenticator {
    pub(super) fn new(config: &ClientConfig, transport: &Arc<Transport>, sources: Sources) -> Self {
        match &config.credentials {
            None => Self::Missing,
            Some(Credentials::BearerToken(token)) => Self::Fixed(Token::new(bare(token))),
            Some(Credentials::ApiKey(key)) => Self::Exchanged {
                cache: Arc::new(TokenCache::new(sources)),
                exchange: Arc::new(Exchange {
                    transport: Arc::clone(transport),
                    iam_url: config.iam_url.clone(),
                    api_key: key.clone(),
                }),
            },
        }
    }
}

impl Authorize for Authenticator {
    async fn bearer(&self, target: &Target) -> Result<Option<Token>, ApiError> {
        match self {
            Self::Missing => Err(ApiError::new(ApiErrorKind::NoCredentials, target)),
            Self::Fixed(token) => Ok(Some(token.clone())),
            Self::Exchanged { cache, exchange } => {
                let fetch = || {
                    let exchange = Arc::clone(exchange);
                    async move {
                        let Exchange { transport, iam_url, api_key } = &*exchange;
                        // One caller's cancellation must not take the token from the others.
                        let never = CancellationToken::new();
                        iam::exchange_api_key(transport, iam_url, api_key, &never).await
                    }
                };
                cache.get(target, fetch).await.map(Some)
            }
        }
    }

    fn refused(&self, token: &Token) -> bool {
        match self {
            Self::Exchanged { cache, .. } => {
                cache.forget(token);
                true
            }
            Self::Missing | Self::Fixed(_) => false,
        }
    }
}

/// The token without its scheme.
fn bare(token: &SecretString) -> SecretString {
    let text = token.expose_secret().trim();
    match text.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => rest.trim_start().into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_token_may_come_with_its_scheme() {
        for (given, token) in [
            ("abc", "abc"),
            ("Bearer abc", "abc"),
            ("bearer  abc\n", "abc"),
            (" Bearer abc ", "abc"),
            ("Bearerabc", "Bearerabc"),
            ("ä", "ä"),
            ("", ""),
        ] {
            assert_eq!(bare(&given.into()).expose_secret(), token, "{given:?}");
        }
    }

    #[test]
    fn credentials_do_not_show_what_they_hold() {
        let shown = format!(
            "{:?} {:?}",
            Credentials::ApiKey("s3cret".into()),
            Credentials::BearerToken("s3cret".into())
        );
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.starts_with("ApiKey("), "{shown}");
    }
}
