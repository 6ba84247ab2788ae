//! IBM Cloud Secrets Manager (for IAM credentials) and the IAM behind it, in one process.
//!
//! [`Emulator::start`] runs it; the binary is the same with arguments. Where things are:
//!
//! | module | rule |
//! |---|---|
//! | [`model`] | what exists, as plain values |
//! | [`iam`] | IAM's own rules: entities, roles, tokens |
//! | [`engine`] | the IAM credentials engine, pure over state and time |
//! | [`store`] | one owner; each request is one step that happens whole or not at all |
//! | [`http`] | IBM's wire: operations, bodies, error forms |
//! | [`control`] | the emulator's own surface, below `/_emulator` |
//! | [`durable`] | what was answered survives the process, if asked for |
//! | [`tls`] | the certificate for IBM's host names |
//! | [`clock`], [`ids`], [`faults`], [`journal`], [`seed`] | what their names say |

pub mod clock;
pub mod control;
pub mod durable;
pub mod engine;
pub mod faults;
pub mod http;
pub mod iam;
pub mod ids;
pub mod journal;
pub mod model;
pub mod refusal;
pub mod seed;
pub mod store;
pub mod tls;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::http::server::{self, Speaks};
use crate::iam::tokens::Tokens;
use crate::ids::Ids;
use crate::journal::Journal;
use crate::model::State;
use crate::refusal::Refusal;
use crate::store::{Done, Store};
use crate::tls::Identity;
use anyhow::Context as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How an emulator starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where it serves IBM's host names over TLS.
    pub tls_listen: Option<SocketAddr>,
    /// Where it is an HTTP proxy to IBM's host names.
    pub proxy_listen: Option<SocketAddr>,
    /// Where its certificate and authority are kept; new ones at every start when absent.
    pub tls_folder: Option<PathBuf>,
    /// Where everything is kept; in memory when absent. What is kept there counts, and `state` and
    /// `clock` are for a new folder.
    pub data_folder: Option<PathBuf>,
    /// Its clock.
    pub clock: Clock,
    /// What exists at the start and after a reset.
    pub state: State,
    /// Makes ids and keys repeatable.
    pub random_seed: Option<u64>,
    /// The journal keeps so many exchanges.
    pub journal_capacity: usize,
    /// Writes a line for every exchange to stderr.
    pub log: bool,
}

impl Default for Options {
    /// A free port on loopback, the system's clock, the default content.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls_listen: None,
            proxy_listen: None,
            tls_folder: None,
            data_folder: None,
            clock: Clock::SYSTEM,
            state: seed::default_state(),
            random_seed: None,
            journal_capacity: 10_000,
            log: false,
        }
    }
}

/// Starts emulators.
#[derive(Debug)]
pub struct Emulator;

impl Emulator {
    /// Listens, and serves until the handle is dropped.
    pub async fn start(options: Options) -> anyhow::Result<Handle> {
        let listener = bind(options.listen).await?;
        let tls_listener = bind_some(options.tls_listen).await?;
        let proxy_listener = bind_some(options.proxy_listen).await?;
        let identity = match (&tls_listener, &proxy_listener) {
            (None, None) => None,
            _ => Some(identity(&options)?),
        };
        let (store, tokens) = open(&options).await?;
        let app = Arc::new(App {
            store,
            tokens,
            journal: Journal::new(options.journal_capacity),
            faults: Faults::default(),
            traces: AtomicU64::new(1),
            log: options.log,
            at_start: options,
        });
        let router = http::router(app)?;
        let mut handle = Handle {
            address: listener.local_addr()?,
            tls_address: None,
            proxy_address: None,
            authority: identity.as_ref().map(|identity| identity.authority.clone()),
            servers: JoinSet::new(),
        };
        if let Some(identity) = identity {
            let tls = TlsAcceptor::from(identity.server_config()?);
            if let Some(listener) = tls_listener {
                handle.tls_address = Some(listener.local_addr()?);
                let speaks = Speaks::Tls(tls.clone());
                handle.servers.spawn(server::run(listener, speaks, router.clone()));
            }
            if let Some(listener) = proxy_listener {
                handle.proxy_address = Some(listener.local_addr()?);
                handle.servers.spawn(server::run(listener, Speaks::Proxy(tls), router.clone()));
            }
        }
        handle.servers.spawn(server::run(listener, Speaks::Http, router));
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

/// The store and the token service's keys: in memory, or of the data folder.
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

fn identity(options: &Options) -> anyhow::Result<Identity> {
    // Certificates count by the time of the clients, which is the system's.
    let now = OffsetDateTime::from_unix_timestamp(Clock::SYSTEM.now().unix())?;
    match &options.tls_folder {
        Some(folder) => Identity::in_folder(folder, now),
        None => Identity::generate(now),
    }
}

/// A running emulator; dropping it ends it with all its connections.
#[derive(Debug)]
pub struct Handle {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it serves IBM's host names over TLS.
    pub tls_address: Option<SocketAddr>,
    /// Where it is an HTTP proxy.
    pub proxy_address: Option<SocketAddr>,
    /// The authority that clients must trust for TLS, in PEM.
    pub authority: Option<String>,
    servers: JoinSet<()>,
}

impl Handle {
    /// The base URL of IAM and of the control surface.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of a Secrets Manager instance.
    pub fn instance_url(&self, instance_id: &str) -> String {
        format!("http://{}/instances/{instance_id}", self.address)
    }
}

/// What all requests share.
pub struct App {
    store: Store,
    tokens: Tokens,
    journal: Journal,
    faults: Faults,
    traces: AtomicU64,
    log: bool,
    at_start: Options,
}

impl App {
    /// A refusal that needs no step.
    fn refused<R>(&self, refusal: Refusal) -> Done<R> {
        Done { at: self.store.clock().now(), outcome: Err(refusal), receipt: Default::default() }
    }

    /// A new name for an exchange.
    fn trace(&self) -> String {
        let number = self.traces.fetch_add(1, Ordering::Relaxed);
        format!("emulator-{number:08}")
    }
}
