//! Serves one connection, with the address of each request turned into the emulator's own path.

use crate::http::address::{self, Addressed, Scheme};
use crate::http::response::Dropped;
use crate::http::socket::Line;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

/// Serves one connection, in HTTP/1.1 or HTTP/2. `line` is the TCP connection below `stream`. It is closed
/// when the client takes longer than `patience` for a head, or does nothing for so long although it is
/// its turn; a body has its own limit, where it is read.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    line: Line,
    router: Router,
    scheme: Scheme,
    patience: Duration,
) {
    // Each request under way has one more of it.
    let at_work = Arc::new(());
    let (demand, working) = (line.clone(), Arc::clone(&at_work));
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, line, working) = (router.clone(), demand.clone(), Arc::clone(&working));
        async move {
            let _working = working;
            let mut request = addressed(request.map(Body::new));
            request.extensions_mut().insert(scheme);
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Dropped>().is_some() {
                line.demand_reset();
                // Until the connection is dropped; in HTTP/2, a failed exchange would end alone.
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    builder.http2().timer(TokioTimer::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A broken connection is the client's problem.
        _ = connection.as_mut() => {}
        () = line.reset_demanded() => {}
        // The service has one of it all the time.
        () = idle(&line, || Arc::strong_count(&at_work) == 2, patience) => {
            // In order, so that a request that is on its way now is not lost without a word.
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(patience, connection).await;
        }
    }
}

/// Waits until nothing has moved for some time in which it was the client's turn.
async fn idle(line: &Line, is_clients_turn: impl Fn() -> bool, patience: Duration) {
    let mut before = line.moves();
    loop {
        tokio::time::sleep(patience).await;
        let now = line.moves();
        if now == before && is_clients_turn() {
            return;
        }
        before = now;
    }
}

/// Maps the request to the emulator's own path.
fn addressed(mut request: Request<Body>) -> Request<Body> {
    // A target that names a host overrides the header (RFC 9112, 3.2.2).
    let target = request.uri().authority().map(|authority| authority.as_str());
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = target.or(header).unwrap_or_default();
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
