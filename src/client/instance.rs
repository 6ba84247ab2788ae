//! The client of an identity, and of one Secrets Manager instance.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::SystemTime;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::authenticator::Authenticator;
use super::authorize::Authorize as _;
use super::config::ClientConfig;
use super::endpoint::{Endpoint, EndpointError, IamUrl, InstanceAddress};
use super::error::ApiError;
use super::http::{EXCHANGE_TIMEOUT, Http};
use super::jwt;
use super::nondeterminism::Nondeterminism;
use super::operation::Operation;
use super::proxy::Proxy;
use super::request::Request;
use super::shared_list::{SharedList, SharedLists};
use super::transport::Transport;

/// Calls IBM Cloud as one identity. Clones share connections and the token.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Arc<Transport>,
    authenticator: Arc<Authenticator>,
    iam_url: IamUrl,
    secrets_manager: Endpoint,
    not_known_yet: Arc<[&'static str]>,
    lists: Option<Arc<SharedLists>>,
}

/// Calls one Secrets Manager instance until it is cancelled.
///
/// After cancellation no attempt and no wait begins, a read in progress is dropped, and a change
/// in progress is completed.
#[derive(Clone, Debug)]
pub struct InstanceClient {
    pub(super) transport: Arc<Transport>,
    authenticator: Arc<Authenticator>,
    pub(super) iam_url: IamUrl,
    base: Url,
    cancel: CancellationToken,
    not_known_yet: Arc<[&'static str]>,
    lists: Option<Arc<SharedLists>>,
}

impl Client {
    /// Makes a client. Nothing is read or sent before the first call.
    pub fn new(config: ClientConfig) -> Self {
        Self::with(config, Nondeterminism::system())
    }

    pub(super) fn with(config: ClientConfig, nondeterminism: Nondeterminism) -> Self {
        let http = Http::new(
            config.user_agent.clone(),
            config.extra_roots.clone(),
            config.proxy.clone(),
            EXCHANGE_TIMEOUT,
        );
        let transport = Arc::new(Transport::new(
            http,
            config.retry.clone(),
            nondeterminism.clone(),
            config.known_secrets.clone(),
        ));
        if let Proxy::Url(url) = &config.proxy {
            url.add_to(&config.known_secrets);
        }
        if let Some(credentials) = &config.credentials {
            credentials.add_to(&config.known_secrets);
        }
        Self {
            authenticator: Arc::new(Authenticator::new(&config, &transport, nondeterminism)),
            transport,
            iam_url: config.iam_url,
            secrets_manager: config.secrets_manager,
            not_known_yet: config.not_known_yet.into(),
            lists: config.bulk_read.then(Arc::default),
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
            authenticator: Arc::clone(&self.authenticator),
            iam_url: self.iam_url.clone(),
            base: self.secrets_manager.resolve(address)?,
            cancel,
            not_known_yet: Arc::clone(&self.not_known_yet),
            lists: self.lists.clone(),
        })
    }
}

impl InstanceClient {
    /// The service's time, from the `Date` of its last response. Leases are judged by it, so that a
    /// wrong clock on this machine neither ends nor prolongs one.
    pub fn service_time(&self) -> OffsetDateTime {
        self.transport.service_time()
    }

    /// Converts a time of the service's clock to this machine's clock.
    pub fn local_time(&self, service_time: OffsetDateTime) -> SystemTime {
        self.transport.local_time(service_time)
    }

    /// The IAM id of the caller, as `created_by` has it in what the caller creates; `None` if its
    /// token does not say.
    pub async fn caller(&self) -> Option<String> {
        self.claim(jwt::iam_id).await
    }

    /// The account that the caller's token is for, if it says.
    pub async fn account_id(&self) -> Option<String> {
        self.claim(jwt::account_id).await
    }

    async fn claim(&self, claim: fn(&str) -> Option<String>) -> Option<String> {
        // The target only names the request in an error.
        let target = self.request(Operation::ListSecrets, &[]).ok()?.target;
        let token = self.authenticator.bearer(&target).await.ok()??;
        claim(token.secret().expose_secret())
    }

    /// Cancelled when the run is interrupted; nothing should be waited for after that.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The same client for work that must be done even after an interrupt: deleting what this run
    /// has created.
    pub fn uninterrupted(&self) -> Self {
        Self { cancel: CancellationToken::new(), ..self.clone() }
    }

    /// Remembers a secret of a response.
    pub(super) fn received(&self, secret: Option<&SecretString>) {
        if let Some(secret) = secret {
            self.transport.known_secrets().add(secret.expose_secret());
        }
    }

    /// A request to this instance; `ids` fill the placeholders of the operation's path.
    pub(super) fn request(&self, operation: Operation, ids: &[&str]) -> Result<Request, ApiError> {
        Request::new(operation, &self.base, ids)
    }

    /// The list of this kind of object that its readers share, if they may.
    pub(super) fn shared_list(&self, kind: &str) -> Option<Arc<SharedList>> {
        self.lists.as_ref().map(|lists| lists.list(self.base.as_str(), kind))
    }

    /// Remembers that this process changes an object, which no list may answer for from now on.
    pub(super) fn changes(&self, id: &str) {
        if let Some(lists) = &self.lists {
            lists.changes(id);
        }
    }

    fn will_change(&self, request: &Request) {
        if let Some(id) = request.object.as_deref().filter(|_| request.target.operation.changes()) {
            self.changes(id);
        }
    }

    /// Sends a request and reads the JSON of its response.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ApiError> {
        self.will_change(request);
        let result = self.transport.json(request, &*self.authenticator, &self.cancel).await;
        result.map_err(|error| error.with_not_known_yet(&self.not_known_yet))
    }

    /// Sends a request whose response has no body of interest.
    pub(super) async fn empty(&self, request: &Request) -> Result<(), ApiError> {
        self.will_change(request);
        let result = self.transport.empty(request, &*self.authenticator, &self.cancel).await;
        result.map_err(|error| error.with_not_known_yet(&self.not_known_yet))
    }
}
