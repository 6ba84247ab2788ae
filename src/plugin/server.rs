//! Lets peers in, serves them, and comes to an end in time.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tokio::time::sleep;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use super::connection::{Connection, Presence};
use super::host::Host;
use super::listener::{Listener, Socket};
use super::proto::host::grpc_broker_server::GrpcBrokerServer;
use super::proto::host::grpc_controller_server::GrpcControllerServer;
use super::proto::host::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::{Provider, ProviderServer};
use super::tls::Tls;

/// The largest message in either direction, as in Go providers.
const LARGEST_MESSAGE: usize = 256 << 20;

/// What running calls get after the host asked for the end. It kills the process
/// 2 s after that.
const GRACE: Duration = Duration::from_secs(1);

/// Handshakes that may be going on at once. Only the host can reach the socket.
const HANDSHAKES: usize = 16;

/// A rest after a failed accept, which is likely to fail again at once.
const REST: Duration = Duration::from_millis(100);

/// The name under which go-plugin asks for health.
const HEALTH_NAME: &str = "plugin";

/// Serves `provider` until the host sends `Shutdown` or `end` is over. Returns
/// when running calls are done, or have been given up on.
pub(super) async fn serve<P: Provider>(
    listener: Listener,
    tls: Option<Tls>,
    presence: Presence,
    provider: P,
    end: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let stop = CancellationToken::new();
    let host = Host::new(stop.clone());
    let (mut health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    let provider = ProviderServer::new(provider)
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);

    let ending = async {
        tokio::select! {
            () = stop.cancelled() => {}
            // The helper streams of a connected host end with the token.
            () = end => stop.cancel(),
        }
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
        .serve_with_incoming_shutdown(incoming(listener, tls, presence), ending);
    tokio::select! {
        result = served => result,
        () = overdue => Ok(()),
    }
}

/// Connections that were let in. A slow handshake does not hold up the next one.
fn incoming(
    listener: Listener,
    tls: Option<Tls>,
    presence: Presence,
) -> impl Stream<Item = io::Result<Connection>> {
    stream::unfold(listener, |listener| async { Some((listener.accept().await, listener)) })
        .map(move |accepted| admit(accepted, tls.clone(), presence.clone()))
        .buffer_unordered(HANDSHAKES)
        .filter_map(|admitted| async { admitted.map(Ok) })
}

async fn admit(
    accepted: io::Result<Socket>,
    tls: Option<Tls>,
    presence: Presence,
) -> Option<Connection> {
    let socket = match accepted {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%error, "no connection could be accepted");
            sleep(REST).await;
            return None;
        }
    };
    let Some(tls) = tls else {
        return Some(Connection::new(Either::Left(socket), &presence));
    };
    match tls.accept(socket).await {
        Ok(stream) => Some(Connection::new(Either::Right(stream), &presence)),
        Err(error) => {
            tracing::warn!(%error, "a peer was refused");
            None
        }
    }
}
