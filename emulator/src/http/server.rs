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

/// Serves `router` on every connection of `listener`.
pub(crate) async fn run(listener: TcpListener, protocol: Protocol, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Responses are small: waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                connections.spawn(open(stream, protocol.clone(), router.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn open(stream: TcpStream, protocol: Protocol, router: Router) {
    let (stream, reset) = Socket::new(stream);
    match protocol {
        Protocol::Http => connection::serve(stream, reset, router, Scheme::Http).await,
        Protocol::Tls(tls) => {
            // A failed handshake is the client's problem.
            if let Ok(stream) = tls.accept(stream).await {
                connection::serve(stream, reset, router, Scheme::Https).await;
            }
        }
        Protocol::Proxy(tls) => proxy::serve(stream, reset, tls, router).await,
    }
}
