//! Accepts connections and serves them until it is dropped.

use crate::http::address;
use crate::http::exchange::Dropped;
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
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// Pause after a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Serves `router` on every connection of `listener`.
pub async fn run(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream, router.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection, in HTTP/1.1 or HTTP/2.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = match router.oneshot(addressed(request.map(Body::new))).await {
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

/// The path as the client wrote it, where it is not the one that is routed.
#[derive(Clone, Debug)]
pub struct AddressedPath(pub String);

/// The request on the emulator's own path.
fn addressed(mut request: Request<Body>) -> Request<Body> {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host =
        host.or(request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default();
    let path = request.uri().path();
    let Some(own) = address::own_path(host, path) else {
        return request;
    };
    let written = AddressedPath(path.to_owned());
    let with_query = match request.uri().query() {
        Some(query) => format!("{own}?{query}"),
        None => own,
    };
    // A host name and a path that were parsed before make a path that can be parsed again.
    if let Ok(uri) = with_query.parse() {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(written);
    }
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
