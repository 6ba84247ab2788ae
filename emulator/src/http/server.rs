//! Accepts connections and serves them until dropped.

use crate::http::address::Scheme;
use crate::http::socket::Socket;
use crate::http::{connection, proxy};
use axum::Router;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Pause after a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// The protocol of a listener.
#[derive(Clone)]
pub(crate) enum Protocol {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Tls(TlsAcceptor),
    /// An HTTP proxy: `CONNECT`, then HTTP over TLS.
    Proxy(TlsAcceptor),
}

/// Serves `router` on every connection of `listener`. A client has `patience` for each thing that it has
/// to do.
pub(crate) async fn run(
    listener: TcpListener,
    protocol: Protocol,
    router: Router,
    patience: Duration,
) {
    let mut connections = JoinSet::new();
    let mut is_refusing = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                is_refusing = false;
                // Responses are small: waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                connections.spawn(open(stream, protocol.clone(), router.clone(), patience));
            }
            Err(error) => {
                if !is_refusing {
                    eprintln!(
                        "warning: cannot accept connections for now: {error}. They wait until others end."
                    );
                }
                is_refusing = true;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn open(stream: TcpStream, protocol: Protocol, router: Router, patience: Duration) {
    let (stream, line) = Socket::new(stream);
    match protocol {
        Protocol::Http => connection::serve(stream, line, router, Scheme::Http, patience).await,
        Protocol::Tls(tls) => {
            // A handshake that fails, or is not finished, is the client's problem.
            if let Ok(Ok(stream)) = tokio::time::timeout(patience, tls.accept(stream)).await {
                connection::serve(stream, line, router, Scheme::Https, patience).await;
            }
        }
        Protocol::Proxy(tls) => proxy::serve(stream, line, tls, router, patience).await,
    }
}
