//! Who the caller is: the credentials that a client can be given.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

use crate::known_secrets::KnownSecrets;

/// A way to get a bearer token. A token may come with or without `Bearer ` before it.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An IBM Cloud API key, exchanged for tokens as needed.
    ApiKey(SecretString),
    /// An API key whose identity assumes a trusted profile.
    AssumedProfile {
        /// The identity's key.
        api_key: SecretString,
        /// The profile that it assumes.
        profile: TrustedProfile,
    },
    /// The token of a compute resource, which acts as a trusted profile.
    ComputeResource {
        /// Reads the compute resource's token before each exchange: the platform replaces it.
        token: TokenSource,
        /// The profile that it acts as.
        profile: TrustedProfile,
    },
    /// A refresh token: each exchange returns a bearer token and the next refresh token.
    RefreshToken {
        /// The first refresh token.
        refresh_token: SecretString,
        /// Used until it expires or is refused.
        access_token: Option<SecretString>,
    },
    /// A token obtained elsewhere. It cannot be renewed.
    BearerToken(SecretString),
}

impl Credentials {
    /// Adds what is known before anything is sent.
    pub(super) fn add_to(&self, known_secrets: &KnownSecrets) {
        let (secret, other) = match self {
            Self::ApiKey(key) | Self::AssumedProfile { api_key: key, .. } => (key, None),
            Self::RefreshToken { refresh_token, access_token } => {
                (refresh_token, access_token.as_ref())
            }
            Self::BearerToken(token) => (token, None),
            Self::ComputeResource { .. } => return,
        };
        for secret in [Some(secret), other].into_iter().flatten() {
            known_secrets.add(secret.expose_secret());
        }
    }
}

/// Identifies a trusted profile.
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

type ReadToken = dyn Fn() -> Result<SecretString, String> + Send + Sync;

/// A function that reads the current token of a compute resource. It may block. Its error says why
/// there is no token.
#[derive(Clone)]
pub struct TokenSource {
    name: String,
    read: Arc<ReadToken>,
}

impl TokenSource {
    /// `name` says where the token comes from, such as a path; `Debug` shows nothing else.
    pub fn new(
        name: impl Into<String>,
        read: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), read: Arc::new(read) }
    }

    /// Reads the token now.
    pub fn read(&self) -> Result<SecretString, String> {
        (self.read)()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_show_what_they_hold() {
        let secret = || SecretString::from("s3cret");
        let profile = || TrustedProfile::Id("Profile-1".to_owned());
        for credentials in [
            Credentials::ApiKey(secret()),
            Credentials::AssumedProfile { api_key: secret(), profile: profile() },
            Credentials::RefreshToken { refresh_token: secret(), access_token: Some(secret()) },
            Credentials::BearerToken(secret()),
        ] {
            let shown = format!("{credentials:?}");
            assert!(shown.contains("REDACTED") && !shown.contains("s3cret"), "{shown}");
        }
        let token = TokenSource::new("/run/token", move || Ok(secret()));
        let credentials = Credentials::ComputeResource { token, profile: profile() };
        let shown = format!("{credentials:?}");
        assert!(shown.contains("/run/token") && !shown.contains("s3cret"), "{shown}");
    }
}
