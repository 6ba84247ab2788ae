//! What every connection may rely on, whatever the provider offers.

use ibm_sm_provider::plugin::proto::tfplugin6::stop_provider;
use tonic::Code;
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::assert_serves;
use crate::support::plugin::{Connection, Launch};

const STOP: &str = "/tfplugin6.Provider/StopProvider";

/// A request with a field that its method ignores.
#[derive(Clone, PartialEq, prost::Message)]
struct Padded {
    #[prost(bytes = "vec", tag = "1000")]
    padding: Vec<u8>,
}

/// Calls the method at `path` with a request of at least `padding` bytes.
async fn call(
    connection: &Connection,
    path: &'static str,
    padding: usize,
) -> Result<stop_provider::Response, tonic::Status> {
    let mut client = tonic::client::Grpc::new(connection.channel.clone());
    client.ready().await.unwrap();
    let request = tonic::Request::new(Padded { padding: vec![7; padding] });
    let codec = ProstCodec::<Padded, stop_provider::Response>::default();
    let path = PathAndQuery::from_static(path);
    Ok(client.unary(request, path, codec).await?.into_inner())
}

#[tokio::test]
async fn the_health_check_of_the_host_succeeds() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let health = HealthClient::new(connection.channel.clone()).check(request).await;
    assert_eq!(health.unwrap().get_ref().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn requests_may_be_larger_than_the_library_allows_by_default() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    let response = call(&connection, STOP, 5 << 20).await.unwrap();
    assert_eq!(response.error, "");
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    for path in ["/tfplugin6.Provider/Dance", "/tfplugin5.Provider/Stop"] {
        let status = call(&connection, path, 0).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn two_connections_are_served_side_by_side() {
    let plugin = Launch::by_terraform().start().await;
    let (first, second) = (plugin.connect().await, plugin.connect().await);
    tokio::join!(assert_serves(&first), assert_serves(&second));
    drop(first);
    assert_serves(&second).await;
}

#[tokio::test]
async fn stop_does_not_end_the_process() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    let response = call(&connection, STOP, 0).await.unwrap();
    assert_eq!(response.error, "");
    assert_serves(&connection).await;
}
