//! The connection pool: TLS, ALPN, proxy, timeouts, and what a network error means.

use reqwest::{Client, Url, redirect};
use rustls::client::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{RootCertStore, SupportedProtocolVersion};
use rustls_platform_verifier::Verifier;
use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::error::TransportKind;
use super::proxy::Proxy;
use super::roots::ExtraRoots;

/// From sending a request to the last byte of its response.
pub(super) const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);
/// From looking the name up to the end of the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// TLS 1.2 is the oldest version that IBM accepts (ibm-api.md 1.1).
const TLS_VERSIONS: &[&SupportedProtocolVersion] =
    &[&rustls::version::TLS13, &rustls::version::TLS12];

/// HTTP clients, each built when first needed: reading the system's roots takes milliseconds that
/// a run without a request should not spend.
#[derive(Debug)]
pub(super) struct Http {
    user_agent: String,
    extra_roots: ExtraRoots,
    proxy: Proxy,
    exchange_timeout: Duration,
    secure: OnceLock<Client>,
    /// Trusts nobody, so that plain HTTP works on a machine without any roots.
    plain: OnceLock<Client>,
}

/// Why no client could be built. Shows no URL.
#[derive(Debug)]
pub(super) struct SetupError(pub(super) String);

impl Http {
    pub(super) fn new(
        user_agent: String,
        extra_roots: ExtraRoots,
        proxy: Proxy,
        exchange_timeout: Duration,
    ) -> Self {
        let (secure, plain) = (OnceLock::new(), OnceLock::new());
        Self { user_agent, extra_roots, proxy, exchange_timeout, secure, plain }
    }

    /// The client for an address.
    pub(super) fn client(&self, url: &Url) -> Result<&Client, SetupError> {
        let secure_proxy = matches!(&self.proxy, Proxy::Url(url) if url.is_secure());
        let needs_tls = url.scheme() == "https" || secure_proxy;
        let slot = if needs_tls { &self.secure } else { &self.plain };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let tls = if needs_tls { self.trusting_the_system() } else { trusting_nobody() };
        let client = self.build(tls.map_err(|e| SetupError(e.to_string()))?)?;
        // Two first calls at once may build two; both use the one that came first.
        Ok(slot.get_or_init(|| client))
    }

    /// By reqwest's default, a request that an HTTP/2 server refused unprocessed (while it closes
    /// a connection) is sent once more on another. All other retries are up to the send loop.
    fn build(&self, mut tls: ClientConfig) -> Result<Client, SetupError> {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let setup_error = |error: reqwest::Error| SetupError(root_cause(&error.without_url()));
        let mut builder = Client::builder()
            .user_agent(&self.user_agent)
            .tls_backend_preconfigured(tls)
            .gzip(true)
            .tcp_nodelay(true)
            .timeout(self.exchange_timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            // An API does not redirect, and a token is for one host only.
            .redirect(redirect::Policy::none());
        builder = match &self.proxy {
            Proxy::Direct => builder.no_proxy(),
            // reqwest reads variables and settings itself, in `build`: the rules of NO_PROXY and
            // the settings of macOS and Windows are its own.
            Proxy::System => builder,
            Proxy::Url(url) => builder.proxy(url.to_proxy().map_err(setup_error)?),
        };
        builder.build().map_err(setup_error)
    }

    fn trusting_the_system(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = provider();
        let extra = self.extra_roots.certificates();
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
        Ok(ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(TLS_VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(TLS_VERSIONS)?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Always given explicitly: without a provider, building a client panics.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Why an exchange ended without a complete response.
#[derive(Debug)]
pub(super) struct NetworkError {
    pub(super) kind: TransportKind,
    /// False if the request provably never left.
    pub(super) sent: bool,
    /// In words, without the URL.
    pub(super) cause: String,
}

impl From<&reqwest::Error> for NetworkError {
    fn from(error: &reqwest::Error) -> Self {
        let kind = if error.is_dns() {
            TransportKind::Dns
        } else if caused_by_tls(error) {
            TransportKind::Tls
        } else if error.is_timeout() {
            TransportKind::Timeout
        } else if error.is_connect() {
            TransportKind::Connect
        } else {
            TransportKind::Reset
        };
        Self {
            kind,
            // Name resolution, connection and handshake all come before the request.
            sent: !error.is_connect(),
            cause: match kind {
                TransportKind::Timeout => "timed out".to_owned(),
                _ => root_cause(error),
            },
        }
    }
}

fn caused_by_tls(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        // An I/O error's own `source` skips the error that it wraps.
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => cause.source(),
        }
    })
}

#[cfg(test)]
mod tests;
