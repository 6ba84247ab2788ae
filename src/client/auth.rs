//! Who the caller is, and the bearer token that proves it.

use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::config::ClientConfig;
use super::error::{ApiError, ApiErrorKind, Target};
use super::exchange::{Exchange, Source};
use super::sources::Sources;
use super::token::{IssuedToken, Token, TokenCache};
use super::transport::Transport;

/// A way to get a bearer token. A token may come with or without `Bearer ` before it.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An IBM Cloud API key, exchanged for tokens as needed.
    ApiKey(SecretString),
    /// An API key whose identity acts as a trusted profile.
    AssumedProfile {
        /// The identity's key.
        api_key: SecretString,
        /// Whom it acts as.
        profile: TrustedProfile,
    },
    /// The token of a compute resource, which acts as a trusted profile.
    ComputeResource {
        /// Where the platform keeps the token; read for each exchange, for it is replaced there.
        token_file: PathBuf,
        /// Whom it acts as.
        profile: TrustedProfile,
    },
    /// A token that gets bearer tokens, and the next one of its kind.
    RefreshToken {
        /// The first refresh token.
        refresh_token: SecretString,
        /// Used until it ends or is refused.
        access_token: Option<SecretString>,
    },
    /// A token got elsewhere. It cannot be renewed.
    BearerToken(SecretString),
}

/// Names a trusted profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedProfile {
    /// `Profile-…`.
    Id(String),
    /// Unique in its account.
    Name {
        /// The profile's name.
        name: String,
        /// The account that it is in.
        account_id: String,
    },
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
    Exchanged(Arc<Exchange>),
}

impl Authenticator {
    pub(super) fn new(config: &ClientConfig, transport: &Arc<Transport>, sources: Sources) -> Self {
        let empty = || Arc::new(TokenCache::new(sources.clone()));
        let (cache, source) = match config.credentials.clone() {
            None => return Self::Missing,
            Some(Credentials::BearerToken(token)) => return Self::Fixed(Token::new(bare(&token))),
            Some(Credentials::ApiKey(key)) => (empty(), Source::ApiKey(key)),
            Some(Credentials::AssumedProfile { api_key, profile }) => {
                (empty(), Source::Assume { api_key, own: empty(), profile })
            }
            Some(Credentials::ComputeResource { token_file, profile }) => {
                (empty(), Source::ComputeResource { token_file, profile })
            }
            Some(Credentials::RefreshToken { refresh_token, access_token }) => {
                let cache = access_token.map_or_else(&empty, |token| {
                    let given = IssuedToken::given(bare(&token));
                    Arc::new(TokenCache::holding(&given, sources.clone()))
                });
                (cache, Source::RefreshToken(Mutex::new(refresh_token)))
            }
        };
        Self::Exchanged(Arc::new(Exchange {
            transport: Arc::clone(transport),
            iam_url: config.iam_url.clone(),
            cache,
            source,
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
                exchange.forget(token);
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
        let secret = || SecretString::from("s3cret");
        let profile = TrustedProfile::Id("Profile-1".to_owned());
        for credentials in [
            Credentials::ApiKey(secret()),
            Credentials::AssumedProfile { api_key: secret(), profile },
            Credentials::RefreshToken { refresh_token: secret(), access_token: Some(secret()) },
            Credentials::BearerToken(secret()),
        ] {
            let shown = format!("{credentials:?}");
            assert!(shown.contains("REDACTED") && !shown.contains("s3cret"), "{shown}");
        }
    }
}
