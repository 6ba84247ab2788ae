//! Accepts connections, serves them, and shuts down in time.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tokio::time::{sleep, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use super::connection::{Connection, OpenConnections};
use super::host::Host;
use super::listener::{Listener, Socket};
use super::proto::host::grpc_broker_server::GrpcBrokerServer;
use super::proto::host::grpc_controller_server::GrpcControllerServer;
use super::proto::host::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::ProviderServer;
use super::rpc::Rpc;
use super::tls::Tls;
use crate::framework::provider::Provider;

/// The largest message in either direction, as in Go providers.
const LARGEST_MESSAGE: usize = 256 << 20;

/// How long what Terraform left open may take to be closed. Terraform waits for the
/// response to `Shutdown` without a limit of its own; a person does not.
const CLOSING: Duration = Duration::from_secs(10);

/// How long running calls may still take after the response to `Shutdown`. The host
/// kills the process 2 s after that.
const GRACE: Duration = Duration::from_secs(1);

/// How many TLS handshakes may run at once. Only the host can reach the socket.
const HANDSHAKES: usize = 16;

/// The pause after a failed accept, since the next one is likely to fail too.
const PAUSE: Duration = Duration::from_millis(100);

/// The service name in go-plugin's health checks.
const HEALTH_NAME: &str = "plugin";

/// Serves a provider until the host calls `Shutdown` or `end` completes. Then closes
/// what Terraform left open, and returns when the running calls are done, at the
/// latest after [`CLOSING`] and [`GRACE`].
pub(super) async fn serve<P: Provider>(
    listener: Listener,
    tls: Option<Tls>,
    open: OpenConnections,
    rpc: Rpc<P>,
    end: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let (asked, stop) = (CancellationToken::new(), CancellationToken::new());
    let host = Host::new(asked.clone(), stop.clone());
    let leftovers = rpc.leftovers();
    let (mut health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    let provider = ProviderServer::new(rpc)
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);

    let ending = async {
        tokio::select! {
            () = asked.cancelled() => {}
            () = end => {}
        }
        if timeout(CLOSING, leftovers.close()).await.is_err() {
            tracing::warn!("not everything that was open could be closed in time");
        }
        // The helper streams of a connected host end with the token.
        stop.cancel();
    };
    let overdue = async {
        stop.cancelled().await;
        sleep(GRACE).await;
    };
    let served = Server::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(host.clone()))
        .add_service(GrpcStdioServer::new(host.clone()))
        .add_service(GrpcBrokerServer::new(host))
        .add_service(health_service)
        .serve_with_incoming_shutdown(incoming(listener, tls, open), ending);
    tokio::select! {
        result = served => result,
        () = overdue => Ok(()),
    }
}

/// The accepted connections. A slow handshake does not hold up the next one.
fn incoming(
    listener: Listener,
    tls: Option<Tls>,
    open: OpenConnections,
) -> impl Stream<Item = io::Result<Connection>> {
    stream::unfold(listener, |listener| async { Some((listener.accept().await, listener)) })
        .map(move |accepted| admit(accepted, tls.clone(), open.clone()))
        .buffer_unordered(HANDSHAKES)
        .filter_map(|admitted| async { admitted.map(Ok) })
}

async fn admit(
    accepted: io::Result<Socket>,
    tls: Option<Tls>,
    open: OpenConnections,
) -> Option<Connection> {
    let socket = match accepted {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            sleep(PAUSE).await;
            return None;
        }
    };
    let Some(tls) = tls else {
        return Some(Connection::new(Either::Left(socket), &open));
    };
    match tls.accept(socket).await {
        Ok(stream) => Some(Connection::new(Either::Right(stream), &open)),
        Err(error) => {
            tracing::warn!(%error, "refused a connection");
            None
        }
    }
}
