//! When the process ends, and that it ends in time.

use futures::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::assert_serves;
use crate::support::plugin::{Launch, soon};

#[tokio::test]
async fn shutdown_ends_the_process_while_everything_is_open() {
    let plugin = Launch::by_terraform().start().await;
    let mut connection = plugin.connect().await;
    let idle = plugin.connect().await;
    assert!(connection.stdio.message().now_or_never().is_none());
    assert!(connection.broker.message().now_or_never().is_none());
    connection.shutdown().await;
    // The helper streams were open until now, and end in order.
    assert_eq!(soon(connection.stdio.message()).await.unwrap(), None);
    assert_eq!(soon(connection.broker.message()).await.unwrap(), None);
    let exit = plugin.exit_in_time().await;
    assert_eq!(exit.status.code(), Some(0));
    assert_eq!(exit.left_behind, [""; 0]);
    drop(idle);
}

#[tokio::test]
async fn a_peer_that_stopped_reading_does_not_delay_the_end() {
    let plugin = Launch::by_terraform().without("PLUGIN_CLIENT_CERT").start().await;
    let connection = plugin.connect().await;
    let mut stalled = UnixStream::connect(plugin.handshake.socket()).await.unwrap();
    stalled.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // Its connection is established: the server's settings are here.
    assert_eq!(soon(stalled.read(&mut [0; 1])).await.unwrap(), 1);
    connection.shutdown().await;
    let exit = plugin.exit_in_time().await;
    assert_eq!(exit.status.code(), Some(0));
    assert_eq!(exit.left_behind, [""; 0]);
}

#[tokio::test]
async fn an_interrupt_is_left_to_the_host() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    plugin.process.interrupt();
    plugin.process.interrupt();
    assert_serves(&connection).await;
    connection.shutdown().await;
    assert_eq!(plugin.exit_in_time().await.status.code(), Some(0));
}
