//! Accepts connections and serves them until it is dropped.

use crate::http::address;
use crate::http::exchange::Dropped;
use crate::http::proxy;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Pause after a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What is spoken on a listener.
#[derive(Clone)]
pub(crate) enum Speaks {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Tls(TlsAcceptor),
    /// The `CONNECT` of proxies, and HTTP over TLS after it.
    Proxy(TlsAcceptor),
}

/// How a request came.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    /// In plain text.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The word in a URL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Serves `router` on every connection of `listener`.
pub(crate) async fn run(listener: TcpListener, speaks: Speaks, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                connections.spawn(open(stream, speaks.clone(), router.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn open(stream: TcpStream, speaks: Speaks, router: Router) {
    match speaks {
        Speaks::Http => serve(stream, router, Scheme::Http).await,
        Speaks::Tls(tls) => {
            // A failed handshake is the client's business.
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, router, Scheme::Https).await;
            }
        }
        Speaks::Proxy(tls) => proxy::serve(stream, tls, router).await,
    }
}

/// Serves one connection, in HTTP/1.1 or HTTP/2.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    scheme: Scheme,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request = addressed(request.map(Body::new));
            request.extensions_mut().insert(scheme);
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Dropped>().is_some() {
                return Err(ConnectionDropped);
            }
            Ok(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    // A connection that breaks is the client's business.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// What the client addressed, before the path was turned into the emulator's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addressed {
    /// The host, from the header or, in HTTP/2, from the target.
    pub(crate) host: String,
    /// The path.
    pub(crate) path: String,
    /// The region of the host name, if it has one.
    pub(crate) region: Option<String>,
}

/// The request on the emulator's own path.
fn addressed(mut request: Request<Body>) -> Request<Body> {
    let header = request.headers().get(header::HOST);
    let host = header
        .and_then(|value| value.to_str().ok())
        .or(request.uri().authority().map(|authority| authority.as_str()))
        .unwrap_or_default();
    let mut addressed =
        Addressed { host: host.to_owned(), path: request.uri().path().to_owned(), region: None };
    if let Some(own) = address::own_path(host, &addressed.path) {
        let with_query = match request.uri().query() {
            Some(query) => format!("{}?{query}", own.path),
            None => own.path,
        };
        // A host name and a path that were parsed before make a path that can be parsed again.
        if let Ok(uri) = with_query.parse() {
            addressed.region = own.region;
            *request.uri_mut() = uri;
        }
    }
    request.extensions_mut().insert(addressed);
    request
}

/// The answer that ends a connection without an answer.
#[derive(Debug)]
struct ConnectionDropped;

impl fmt::Display for ConnectionDropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection dropped on request")
    }
}

impl std::error::Error for ConnectionDropped {}
