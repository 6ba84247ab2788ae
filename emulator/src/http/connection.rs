//! Serves one connection, with the address of each request turned into the emulator's own path.

use crate::http::address::{self, Addressed, Scheme};
use crate::http::response::Dropped;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::fmt;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

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
    // A broken connection is the client's problem.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// Maps the request to the emulator's own path.
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
        // The host name and the path were parsed before, so the new path can be parsed too.
        if let Ok(uri) = with_query.parse() {
            addressed.region = own.region;
            *request.uri_mut() = uri;
        }
    }
    request.extensions_mut().insert(addressed);
    request
}

/// Ends a connection without a response.
#[derive(Debug)]
struct ConnectionDropped;

impl fmt::Display for ConnectionDropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection dropped on request")
    }
}

impl std::error::Error for ConnectionDropped {}
