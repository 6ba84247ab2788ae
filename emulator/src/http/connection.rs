//! Serves one connection, with the address of each request turned into the emulator's own path.

use crate::http::address::{self, Addressed, Scheme};
use crate::http::response::Dropped;
use crate::http::socket::Reset;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

/// Serves one connection, in HTTP/1.1 or HTTP/2. `reset` is that of the TCP connection below `stream`.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    reset: Reset,
    router: Router,
    scheme: Scheme,
) {
    let demand = reset.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, reset) = (router.clone(), demand.clone());
        async move {
            let mut request = addressed(request.map(Body::new));
            request.extensions_mut().insert(scheme);
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Dropped>().is_some() {
                reset.demand();
                // Until the connection is dropped; in HTTP/2, a failed exchange would end alone.
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    tokio::select! {
        // A broken connection is the client's problem.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        () = reset.demanded() => {}
    }
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
