//! What a client is built from. All of it comes from the caller.

use super::credentials::Credentials;
use super::endpoint::{Endpoint, IamUrl};
use super::proxy::Proxy;
use super::retry::RetryPolicy;
use super::roots::ExtraRoots;
use crate::known_secrets::KnownSecrets;

/// Everything that a [`Client`](super::Client) is built from.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Who the caller is. Without credentials every call fails with
    /// [`ApiErrorKind::NoCredentials`](super::ApiErrorKind::NoCredentials).
    pub credentials: Option<Credentials>,
    /// Where tokens are issued.
    pub iam_url: IamUrl,
    /// Where instances are, unless one asks for another kind of endpoint.
    pub secrets_manager: Endpoint,
    /// Certificate authorities to trust in addition to the system's.
    pub extra_roots: ExtraRoots,
    /// How requests leave this machine.
    pub proxy: Proxy,
    /// How often failed requests are repeated, and how long that may take.
    pub retry: RetryPolicy,
    /// Whether reads that arrive together share a list.
    pub bulk_read: bool,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Settings whose values are not known yet and are treated as unset. Errors that this may have
    /// caused name them.
    pub not_known_yet: Vec<&'static str>,
    /// Where the client adds the secrets that it is given, sends and receives.
    pub known_secrets: KnownSecrets,
}
