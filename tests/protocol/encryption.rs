//! Who is let in, and who is not.

use futures::FutureExt as _;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::assert_serves;
use crate::support::host_certificate::{HostCertificate, Peer};
use crate::support::plugin::{Launch, Plugin, soon};

const VERSIONS: [&[&SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];

/// What `peer` gets: the start of the server's HTTP/2, or the reason why not.
async fn answer(plugin: &Plugin, peer: Peer<'_>) -> Result<[u8; 9], String> {
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
async fn the_certificate_of_terraform_is_accepted_in_both_versions() {
    let plugin = Launch::by_terraform().start().await;
    for versions in VERSIONS {
        let peer = Peer { versions, ..Peer::terraform(&plugin.certificate) };
        let frame = answer(&plugin, peer).await.unwrap();
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
    let foreign = HostCertificate::generate();
    let nobody = Peer { certificate: None, ..terraform };
    let refused = [
        (nobody, "CertificateRequired"),
        (Peer::terraform(&foreign), "AccessDenied"),
        (offering(&[b"http/1.1"], terraform), "NoApplicationProtocol"),
        (offering(&[], terraform), "eof"),
        (offering(&[], nobody), "CertificateRequired"),
    ];
    for versions in VERSIONS {
        for (number, (peer, reason)) in refused.into_iter().enumerate() {
            let peer = Peer { versions, ..peer };
            let refusal = answer(&plugin, peer).await.unwrap_err();
            assert!(refusal.contains(reason), "peer {number}, {versions:?}: {refusal}");
        }
    }
    // The refusals were theirs alone.
    assert_serves(&plugin.connect().await).await;
}

#[tokio::test]
async fn plaintext_is_refused() {
    let plugin = Launch::by_terraform().start().await;
    let mut socket = UnixStream::connect(plugin.handshake.socket()).await.unwrap();
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    // At most a TLS alert (record type 21), and the end.
    assert!(matches!(answer.as_slice(), [] | [21, ..]), "{answer:?}");
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
    // It has neither been answered nor been given up on.
    let answer = silent.read_u8().now_or_never();
    assert!(answer.is_none(), "{answer:?}");
}
