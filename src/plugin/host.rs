//! The services that go-plugin expects beside the provider (plugin-protocol.md 1.6).

use futures::StreamExt as _;
use futures::stream;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::proto::host::grpc_broker_server::GrpcBroker;
use super::proto::host::grpc_controller_server::GrpcController;
use super::proto::host::grpc_stdio_server::GrpcStdio;
use super::proto::host::{ConnInfo, Empty, StdioData};

/// Serves the host until it asks the process to end.
#[derive(Clone, Debug)]
pub(super) struct Host {
    asked: CancellationToken,
    stop: CancellationToken,
}

impl Host {
    /// `asked` is cancelled when the host calls `Shutdown`; the call returns when
    /// `stop` is cancelled, which begins the end.
    pub(super) fn new(asked: CancellationToken, stop: CancellationToken) -> Self {
        Self { asked, stop }
    }

    /// A stream that sends nothing and stays open until the process is about to end.
    fn silent_stream<T: Send + 'static>(&self) -> Response<BoxStream<T>> {
        let stopped = self.stop.clone().cancelled_owned();
        Response::new(Box::pin(stream::pending().take_until(stopped)))
    }
}

#[tonic::async_trait]
impl GrpcController for Host {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.asked.cancel();
        self.stop.cancelled().await;
        Ok(Response::new(Empty {}))
    }
}

/// Nothing is printed after the handshake, so there is nothing to forward. The
/// open call also keeps the host's connection from being closed as idle.
#[tonic::async_trait]
impl GrpcStdio for Host {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(self.silent_stream())
    }
}

/// Providers open no side connections.
#[tonic::async_trait]
impl GrpcBroker for Host {
    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(self.silent_stream())
    }
}
