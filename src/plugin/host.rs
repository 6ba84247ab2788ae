//! The services that go-plugin expects beside the provider (plugin-protocol.md 1.6).

use futures::StreamExt as _;
use futures::stream::{self, TakeUntil};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Request, Response, Status, Streaming};

use super::proto::host::grpc_broker_server::GrpcBroker;
use super::proto::host::grpc_controller_server::GrpcController;
use super::proto::host::grpc_stdio_server::GrpcStdio;
use super::proto::host::{ConnInfo, Empty, StdioData};

/// Answers the host for as long as the process is to live, and ends that life.
#[derive(Clone, Debug)]
pub(super) struct Host {
    stop: CancellationToken,
}

/// Says nothing and stays open until the process is to end.
type Silence<T> = TakeUntil<stream::Pending<Result<T, Status>>, WaitForCancellationFutureOwned>;

impl Host {
    /// `stop` is cancelled when the host asks for the end.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }

    fn silence<T>(&self) -> Response<Silence<T>> {
        let stopped = self.stop.clone().cancelled_owned();
        Response::new(stream::pending().take_until(stopped))
    }
}

#[tonic::async_trait]
impl GrpcController for Host {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Nothing is printed after the handshake, so there is nothing to forward. The
/// open call also keeps the host's connection from being closed as idle.
#[tonic::async_trait]
impl GrpcStdio for Host {
    type StreamStdioStream = Silence<StdioData>;

    async fn stream_stdio(
        &self,
        _: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(self.silence())
    }
}

/// Providers open no side connections.
#[tonic::async_trait]
impl GrpcBroker for Host {
    type StartStreamStream = Silence<ConnInfo>;

    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(self.silence())
    }
}
