//! IBM's HTTP contract in Rust types; no Terraform, no environment, no defaults a user could see.
//!
//! [`Client`] holds the credentials and the patience, [`InstanceClient`] speaks to one Secrets
//! Manager instance for one run. Every failure is an [`ApiError`].

mod auth;
mod call;
mod config;
mod configurations;
mod endpoint;
mod error;
mod exchange;
mod groups;
mod http;
mod iam;
mod jwt;
mod pages;
mod problem;
mod proxy;
mod retry;
mod roots;
#[cfg(test)]
mod scripted;
mod secrets;
mod sources;
#[cfg(test)]
mod tests;
mod token;
mod transport;
mod types;
mod versions;

use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::SystemTime;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

pub use auth::{Credentials, TrustedProfile};
pub use config::ClientConfig;
pub use endpoint::{Endpoint, EndpointError, EndpointKind, IamUrl, InstanceAddress, Template};
pub use error::{ApiError, ApiErrorKind, TransportKind};
pub use proxy::{ProxyUrl, ProxyUrlError};
pub use retry::RetryPolicy;
pub use roots::{ExtraRoots, RootsError};
pub use secrets::SecretFilter;
pub use types::{
    Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    ConfigurationType, JsonObject, KeyOwner, RotationPolicy, RotationUnit, Secret, SecretGroup,
    SecretGroupPatch, SecretGroupPrototype, SecretLock, SecretMetadata, SecretMetadataPatch,
    SecretPrototype, SecretState, SecretType, Timestamp, Version, VersionAlias, VersionMetadata,
    VersionMetadataPatch, VersionPrototype,
};

use auth::Authenticator;
use call::Call;
use http::Http;
use sources::Sources;
use transport::Transport;

/// Calls IBM Cloud as one identity. Clones share connections and the token.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Arc<Transport>,
    auth: Arc<Authenticator>,
    iam_url: IamUrl,
    secrets_manager: Endpoint,
    not_known_yet: Arc<[&'static str]>,
}

/// Calls one Secrets Manager instance until it is cancelled.
///
/// After cancellation no attempt and no wait begins, a read under way is dropped, and a change
/// under way is seen to its end.
#[derive(Clone, Debug)]
pub struct InstanceClient {
    transport: Arc<Transport>,
    auth: Arc<Authenticator>,
    iam_url: IamUrl,
    base: Url,
    cancel: CancellationToken,
    not_known_yet: Arc<[&'static str]>,
}

impl Client {
    /// Makes a client. Nothing is read or sent before the first call.
    pub fn new(config: ClientConfig) -> Self {
        Self::with_sources(config, Sources::system())
    }

    fn with_sources(config: ClientConfig, sources: Sources) -> Self {
        let http =
            Http::new(config.user_agent.clone(), config.extra_roots.clone(), config.proxy.clone());
        let transport = Arc::new(Transport::new(http, config.retry.clone(), sources.clone()));
        Self {
            auth: Arc::new(Authenticator::new(&config, &transport, sources)),
            transport,
            iam_url: config.iam_url,
            secrets_manager: config.secrets_manager,
            not_known_yet: config.not_known_yet.into(),
        }
    }

    /// The client for one instance.
    pub fn instance(
        &self,
        address: &InstanceAddress,
        cancel: CancellationToken,
    ) -> Result<InstanceClient, EndpointError> {
        Ok(InstanceClient {
            transport: Arc::clone(&self.transport),
            auth: Arc::clone(&self.auth),
            iam_url: self.iam_url.clone(),
            base: self.secrets_manager.resolve(address)?,
            cancel,
            not_known_yet: Arc::clone(&self.not_known_yet),
        })
    }
}

impl InstanceClient {
    fn call(
        &self,
        operation: &'static str,
        method: Method,
        segments: &[&str],
    ) -> Result<Call, ApiError> {
        let path: Vec<&str> = ["api", "v2"].iter().chain(segments).copied().collect();
        Call::new(operation, method, &self.base, &path)
    }

    /// The time of day as the service last told it, by which leases are judged: a
    /// clock that is wrong here must not end or prolong one.
    pub fn service_time(&self) -> OffsetDateTime {
        self.transport.service_time()
    }

    /// When a moment of the service's clock is there on ours.
    pub fn local_time(&self, service_time: OffsetDateTime) -> SystemTime {
        self.transport.local_time(service_time)
    }

    /// Fires when the run is interrupted: nothing is to be waited for then.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The same client for what has to be done even after an interrupt: taking
    /// back what this run has made.
    pub fn uninterrupted(&self) -> Self {
        Self { cancel: CancellationToken::new(), ..self.clone() }
    }

    async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ApiError> {
        let answer = self.transport.json(call, &*self.auth, &self.cancel).await;
        answer.map_err(|error| error.with_not_known_yet(&self.not_known_yet))
    }

    async fn empty(&self, call: &Call) -> Result<(), ApiError> {
        let answer = self.transport.empty(call, &*self.auth, &self.cancel).await;
        answer.map_err(|error| error.with_not_known_yet(&self.not_known_yet))
    }
}
