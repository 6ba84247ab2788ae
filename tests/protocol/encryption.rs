//! Which peers may connect, and which may not.

use futures::FutureExt as _;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::assert_serves;
use crate::support::host_certificate::{HostCertificate, Peer};
use crate::support::plugin::{Launch, Plugin, soon};

const VERSIONS: [&[&SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];

/// The start of the server's first HTTP/2 frame to `peer`, or the reason of the refusal.
async fn first_frame(plugin: &Plugin, peer: Peer<'_>) -> Result<[u8; 9], String> {
    let server = plugin.handshake.certificate().unwrap();
    let mut frame = [0; 9];
    let stream = plugin.tls(&peer, server).await;
    let mut stream = stream.map_err(|error| error.to_string())?;
    let read = soon(stream.read_exact(&mut frame)).await;
    read.map_err(|error| error.to_string())?;
    Ok(frame)
}

fn is_settings(frame: [u8; 9]) -> bool {
    frame[3] == 4 && frame[5..] == [0; 4]
}

#[tokio::test]
async fn the_certificate_of_terraform_is_accepted_in_both_tls_versions() {
    let plugin = Launch::by_terraform().start().await;
    for versions in VERSIONS {
        let peer = Peer { versions, ..Peer::terraform(&plugin.certificate) };
        let frame = first_frame(&plugin, peer).await.unwrap();
        assert!(is_settings(frame), "{versions:?}: {frame:?}");
    }
}

fn offering<'a>(alpn: &'a [&'static [u8]], peer: Peer<'a>) -> Peer<'a> {
    Peer { alpn, ..peer }
}

#[tokio::test]
async fn everyone_else_is_refused() {
    let plugin = Launch::by_terraform().start().await;
    let terraform = Peer::terraform(&plugin.certificate);
    let other = HostCertificate::generate();
    let nobody = Peer { certificate: None, ..terraform };
    let refused = [
        (nobody, "CertificateRequired"),
        (Peer::terraform(&other), "AccessDenied"),
        (offering(&[b"http/1.1"], terraform), "NoApplicationProtocol"),
        (offering(&[], terraform), "eof"),
        (offering(&[], nobody), "CertificateRequired"),
    ];
    for versions in VERSIONS {
        for (number, (peer, reason)) in refused.into_iter().enumerate() {
            let peer = Peer { versions, ..peer };
            let refusal = first_frame(&plugin, peer).await.unwrap_err();
            assert!(refusal.contains(reason), "peer {number}, {versions:?}: {refusal}");
        }
    }
    // The refusals affected nobody else.
    assert_serves(&plugin.connect().await).await;
}

#[tokio::test]
async fn plaintext_is_refused() {
    let plugin = Launch::by_terraform().start().await;
    let mut socket = UnixStream::connect(plugin.handshake.socket()).await.unwrap();
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut received = Vec::new();
    soon(socket.read_to_end(&mut received)).await.unwrap();
    // At most a TLS alert (record type 21), and the end.
    assert!(matches!(received.as_slice(), [] | [21, ..]), "{received:?}");
}

#[tokio::test]
async fn a_host_without_tls_gets_plaintext() {
    let launch = Launch::by_terraform().without("PLUGIN_CLIENT_CERT");
    let plugin = launch.start().await;
    assert_eq!(plugin.handshake.fields[5..], [""]);
    assert_serves(&plugin.connect().await).await;
}

#[tokio::test]
async fn a_silent_peer_does_not_hold_up_the_host() {
    let plugin = Launch::by_terraform().start().await;
    let mut silent = UnixStream::connect(plugin.handshake.socket()).await.unwrap();
    assert_serves(&plugin.connect().await).await;
    // It has received nothing, and has not been disconnected.
    let received = silent.read_u8().now_or_never();
    assert!(received.is_none(), "{received:?}");
}
