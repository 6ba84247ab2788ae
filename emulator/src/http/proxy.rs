//! An HTTP proxy for clients that hard-code IBM's host names: `CONNECT` to one of them leads to the
//! emulator, and everything else is refused.

use crate::http::address::{self, Scheme};
use crate::http::connection;
use crate::http::socket::{Line, Socket};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

const REFUSAL: &str =
    "This proxy connects to IBM Cloud IAM and Secrets Manager only, by CONNECT to port 443.\n";

/// Serves one connection to the proxy, and the TLS connection inside it.
pub(crate) async fn serve(
    stream: Socket,
    line: Line,
    tls: TlsAcceptor,
    router: Router,
    patience: Duration,
) {
    let (upgrades, mut upgraded) = mpsc::channel(1);
    let service = service_fn(move |request: Request<Incoming>| {
        let upgrades = upgrades.clone();
        async move { Ok::<_, Infallible>(connect(request, &upgrades)) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience);
    // A refusal ends the connection, so nobody can pile up answers that he does not read.
    builder.keep_alive(false);
    // A broken connection, here and below, is the client's problem.
    let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    if let Ok(upgrade) = upgraded.try_recv()
        && let Ok(stream) = upgrade.await
        && let Ok(Ok(stream)) =
            tokio::time::timeout(patience, tls.accept(TokioIo::new(stream))).await
    {
        connection::serve(stream, line, router, Scheme::Https, patience).await;
    }
}

fn connect(request: Request<Incoming>, upgrades: &mpsc::Sender<OnUpgrade>) -> Response<Body> {
    let target = request.uri().authority();
    let is_ibm = target.is_some_and(|target| {
        target.port_u16() == Some(443) && address::ibm_host(target.host()).is_some()
    });
    let granted = request.method() == Method::CONNECT
        && is_ibm
        && upgrades.try_send(hyper::upgrade::on(request)).is_ok();
    if granted {
        return Response::new(Body::empty());
    }
    let mut response = Response::new(Body::from(REFUSAL));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let text = header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
