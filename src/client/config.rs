//! What a client is made of, already resolved: nothing here is read from anywhere.

use super::auth::Credentials;
use super::endpoint::{Endpoint, IamUrl};
use super::proxy::ProxyUrl;
use super::retry::RetryPolicy;
use super::roots::ExtraRoots;

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
    /// Authorities to trust beside the system's.
    pub extra_roots: ExtraRoots,
    /// What every request goes through. Without one, the proxy variables of the environment
    /// (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in upper or lower case) decide, and on
    /// macOS and Windows the settings of the system.
    pub proxy: Option<ProxyUrl>,
    /// How patient the client is.
    pub retry: RetryPolicy,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Settings that are not known yet and count as left out: the errors that they may cause
    /// name them.
    pub not_known_yet: Vec<&'static str>,
}
