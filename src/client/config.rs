//! What a client is made of, already resolved: nothing here is read from anywhere.

use super::auth::Credentials;
use super::endpoint::{Endpoint, IamUrl};
use super::retry::RetryPolicy;

/// Everything that a [`Client`](super::Client) is built from.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Who the caller is. Without credentials every call fails with
    /// [`ApiErrorKind::NoCredentials`](super::ApiErrorKind::NoCredentials).
    pub credentials: Option<Credentials>,
    /// Where tokens are issued.
    pub iam_url: IamUrl,
    /// Where instances are, unless they say otherwise.
    pub secrets_manager: Endpoint,
    /// How patient the client is.
    pub retry: RetryPolicy,
    /// The `User-Agent` of every request.
    pub user_agent: String,
}
