//! From credentials to the bearer token of each request.

use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex};

use super::authorize::Authorize;
use super::config::ClientConfig;
use super::credentials::Credentials;
use super::error::{ApiError, ApiErrorKind, Target};
use super::exchange::{Exchange, GrantType};
use super::nondeterminism::Nondeterminism;
use super::token::{IssuedToken, Token, TokenCache};
use super::transport::Transport;

/// Holds the credentials of one client.
#[derive(Debug)]
pub(super) enum Authenticator {
    Missing,
    Fixed(Token),
    Exchanged(Arc<Exchange>),
}

impl Authenticator {
    pub(super) fn new(
        config: &ClientConfig,
        transport: &Arc<Transport>,
        nondeterminism: Nondeterminism,
    ) -> Self {
        let empty = || Arc::new(TokenCache::new(nondeterminism.clone()));
        let (cache, grant_type) = match config.credentials.clone() {
            None => return Self::Missing,
            Some(Credentials::BearerToken(token)) => return Self::Fixed(Token::new(bare(&token))),
            Some(Credentials::ApiKey(key)) => (empty(), GrantType::ApiKey(key)),
            Some(Credentials::AssumedProfile { api_key, profile }) => {
                (empty(), GrantType::AssumedProfile { api_key, own: empty(), profile })
            }
            Some(Credentials::ComputeResource { token, profile }) => {
                (empty(), GrantType::ComputeResource { token, profile })
            }
            Some(Credentials::RefreshToken { refresh_token, access_token }) => {
                let cache = access_token.map_or_else(&empty, |token| {
                    let given = IssuedToken::given(bare(&token));
                    Arc::new(TokenCache::holding(&given, nondeterminism.clone()))
                });
                (cache, GrantType::RefreshToken(Mutex::new(refresh_token)))
            }
        };
        Self::Exchanged(Arc::new(Exchange {
            transport: Arc::clone(transport),
            iam_url: config.iam_url.clone(),
            cache,
            grant_type,
        }))
    }
}

impl Authorize for Authenticator {
    async fn bearer(&self, target: &Target) -> Result<Option<Token>, ApiError> {
        match self {
            Self::Missing => Err(ApiError::new(ApiErrorKind::NoCredentials, target)),
            Self::Fixed(token) => Ok(Some(token.clone())),
            Self::Exchanged(exchange) => exchange.token(target).await.map(Some),
        }
    }

    fn refused(&self, token: &Token) -> bool {
        match self {
            Self::Exchanged(exchange) => {
                exchange.remove(token);
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
}
