//! Starts an emulator and stops it: options in, a handle out.

use crate::app::App;
use crate::clock::Clock;
use crate::exports::Proxy;
use crate::faults::Faults;
use crate::http::server::{self, Protocol};
use crate::iam::tokens::Tokens;
use crate::ids::Ids;
use crate::journal::Journal;
use crate::model::State;
use crate::store::Store;
use crate::tls::{self, Certificate};
use crate::{console, control, durable, http, seed, ticker};
use anyhow::Context as _;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The options of an emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address for IBM's host names over TLS.
    pub tls_listen: Option<SocketAddr>,
    /// The address of the HTTP proxy for IBM's host names.
    pub proxy_listen: Option<SocketAddr>,
    /// The folder of the certificate and its authority; without one, each start creates new ones.
    pub tls_folder: Option<PathBuf>,
    /// Further names under which it may be called, such as that of a container.
    pub hosts: Vec<String>,
    /// The folder where the state is persisted; in memory when absent. A state found there takes
    /// precedence over `state` and `clock`.
    pub data_folder: Option<PathBuf>,
    /// The clock.
    pub clock: Clock,
    /// The initial state, also after a reset.
    pub state: State,
    /// A seed that makes ids and keys reproducible.
    pub random_seed: Option<u64>,
    /// The number of entries that the journal keeps.
    pub journal_capacity: usize,
    /// How long a client may take for each thing that it has to do.
    pub patience: Duration,
    /// Whether each request is logged to stderr.
    pub log: bool,
}

impl Default for Options {
    /// A free port on loopback, the system's clock, the default state.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls_listen: None,
            proxy_listen: None,
            tls_folder: None,
            hosts: Vec::new(),
            data_folder: None,
            clock: Clock::SYSTEM,
            state: seed::default_state(),
            random_seed: None,
            journal_capacity: 10_000,
            patience: Duration::from_secs(30),
            log: false,
        }
    }
}

/// Starts emulators.
#[derive(Debug)]
pub struct Emulator;

impl Emulator {
    /// Starts listening, and serves until the handle is dropped.
    pub async fn start(options: Options) -> anyhow::Result<Handle> {
        let listener = bind(options.listen).await?;
        let tls_listener = bind_some(options.tls_listen).await?;
        let proxy_listener = bind_some(options.proxy_listen).await?;
        let certificate = match (&tls_listener, &proxy_listener) {
            (None, None) => None,
            _ => Some(certificate(&options)?),
        };
        let proxy = match (&proxy_listener, &options.tls_folder) {
            (Some(listener), Some(folder)) => Some(Proxy {
                address: listener.local_addr()?,
                // Clients run in other folders.
                ca_file: std::path::absolute(tls::authority_file(folder))?,
            }),
            _ => None,
        };
        let (store, tokens) = open(&options).await?;
        let app = Arc::new(App {
            store,
            tokens,
            journal: Journal::new(options.journal_capacity),
            faults: Faults::default(),
            traces: AtomicU64::new(1),
            rates: Mutex::default(),
            hosts: options.hosts,
            patience: options.patience,
            proxy,
            log: options.log,
            initial_state: options.state,
            initial_clock: options.clock,
        });
        let patience = options.patience;
        let router = http::router(Arc::clone(&app), control::router().merge(console::router()))?;
        let mut handle = Handle {
            address: listener.local_addr()?,
            tls_address: None,
            proxy_address: None,
            authority: certificate.as_ref().map(|certificate| certificate.authority.clone()),
            app,
            servers: JoinSet::new(),
        };
        if let Some(certificate) = certificate {
            let tls = TlsAcceptor::from(certificate.server_config()?);
            if let Some(listener) = tls_listener {
                handle.tls_address = Some(listener.local_addr()?);
                let protocol = Protocol::Tls(tls.clone());
                handle.servers.spawn(server::run(listener, protocol, router.clone(), patience));
            }
            if let Some(listener) = proxy_listener {
                handle.proxy_address = Some(listener.local_addr()?);
                let protocol = Protocol::Proxy(tls);
                handle.servers.spawn(server::run(listener, protocol, router.clone(), patience));
            }
        }
        handle.servers.spawn(server::run(listener, Protocol::Http, router, patience));
        handle.servers.spawn(ticker::run(Arc::clone(&handle.app)));
        Ok(handle)
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

async fn bind_some(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    match address {
        Some(address) => Ok(Some(bind(address).await?)),
        None => Ok(None),
    }
}

/// The store and the token service's key pair: new in memory, or from the data folder.
async fn open(options: &Options) -> anyhow::Result<(Store, Tokens)> {
    let ids = Ids::new(options.random_seed);
    let state = options.state.clone();
    let Some(folder) = &options.data_folder else {
        let (tokens, _) = Tokens::generate()?;
        return Ok((Store::new(state, options.clock, ids), tokens));
    };
    let kept = durable::open(folder)?;
    let store = match kept.last {
        Some((state, clock)) => Store::durable(state, clock, ids, kept.writer),
        None => {
            let store = Store::durable(state.clone(), options.clock, ids, kept.writer);
            store.replace(state).written().await?;
            store
        }
    };
    Ok((store, kept.tokens))
}

fn certificate(options: &Options) -> anyhow::Result<Certificate> {
    // Clients check certificates against the system's time.
    let now = OffsetDateTime::from_unix_timestamp(Clock::SYSTEM.now().unix())?;
    match &options.tls_folder {
        Some(folder) => Certificate::in_folder(folder, now),
        None => Certificate::generate(now),
    }
}

/// A running emulator; dropping it closes all connections.
pub struct Handle {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The address for IBM's host names over TLS.
    pub tls_address: Option<SocketAddr>,
    /// The address of the HTTP proxy.
    pub proxy_address: Option<SocketAddr>,
    /// The certificate authority that clients must trust for TLS, in PEM.
    pub authority: Option<String>,
    app: Arc<App>,
    servers: JoinSet<()>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Handle {
    /// What exists now.
    pub fn state(&self) -> State {
        self.app.store.state()
    }

    /// The proxy, if its authority is in a file that clients can be told.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.app.proxy.as_ref()
    }

    /// The base URL of IAM and of the control API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of a Secrets Manager instance.
    pub fn instance_url(&self, instance_id: &str) -> String {
        format!("http://{}/instances/{instance_id}", self.address)
    }
}
