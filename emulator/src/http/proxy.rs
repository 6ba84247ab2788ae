//! An HTTP proxy for clients that hard-code IBM's host names: `CONNECT` to one of them leads to the
//! emulator, and everything else is refused.

use crate::http::address::{self, Scheme};
use crate::http::connection;
use crate::http::socket::{Reset, Socket};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

const REFUSAL: &str =
    "This proxy connects to IBM Cloud IAM and Secrets Manager only, by CONNECT to port 443.\n";

/// Serves one connection to the proxy, and the TLS connection inside it.
pub(crate) async fn serve(stream: Socket, reset: Reset, tls: TlsAcceptor, router: Router) {
    let (upgrades, mut upgraded) = mpsc::channel(1);
    let service = service_fn(move |request: Request<Incoming>| {
        let upgrades = upgrades.clone();
        async move { Ok::<_, Infallible>(connect(request, &upgrades)) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new());
    // A broken connection, here and below, is the client's problem.
    let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    if let Ok(upgrade) = upgraded.try_recv()
        && let Ok(stream) = upgrade.await
        && let Ok(stream) = tls.accept(TokioIo::new(stream)).await
    {
        connection::serve(stream, reset, router, Scheme::Https).await;
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
