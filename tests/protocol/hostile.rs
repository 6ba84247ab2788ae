//! Peers that want to exhaust the process: it goes on serving others, and its memory stays small.

use std::fs;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::assert_serves;
use crate::support::emulator::Emulator;
use crate::support::host_certificate::Peer;
use crate::support::plugin::{Launch, soon};
use crate::support::session::{Session, in_instance};

/// How much of each flood is sent, unless the process hangs up before.
const FLOOD: usize = 8 << 20;
/// The most memory that the process may ever have, in KiB. It has 24 MiB in a debug build, and reads
/// at most 32 MiB of a response.
const MOST: u64 = 80 << 10;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The header of an HTTP/2 frame (RFC 9113, 4.1) and what follows it.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The most memory that a process has had, in KiB, where the system tells it.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn assert_small(process: u32, after: &str) {
    let peak = peak(process);
    assert!(peak.is_none_or(|peak| peak < MOST), "{after}: {peak:?} KiB");
}

#[tokio::test]
async fn no_flood_of_http_2_frames_keeps_the_process_from_serving() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    // A POST of a health check, in HPACK: method, scheme, path.
    let request = [&[0x83, 0x87, 0x04, 1][..], b"/"].concat();
    let rapid_reset: Vec<u8> = (0..50_000_u32)
        .flat_map(|number| {
            let stream = 2 * number + 1;
            [frame(1, 4, stream, &request), frame(3, 0, stream, &[0; 4])].concat()
        })
        .collect();
    for (flood, first, again) in [
        ("CONTINUATION", frame(1, 0, 1, &request), frame(9, 0, 1, &[0; 16_000])),
        ("SETTINGS", Vec::new(), frame(4, 0, 0, &[])),
        ("PING", Vec::new(), frame(6, 0, 0, &[7; 8])),
        ("WINDOW_UPDATE", Vec::new(), frame(8, 0, 0, &[0, 0, 0, 1])),
        ("PRIORITY", Vec::new(), frame(2, 0, 3, &[0, 0, 0, 0, 9])),
        ("empty DATA", frame(1, 4, 1, &request), frame(0, 0, 1, &[])),
        ("DATA", frame(1, 4, 1, &request), frame(0, 0, 1, &[0; 16_000])),
        ("unknown frames", Vec::new(), frame(0xee, 0, 0, &[0; 16_000])),
        ("rapid reset", rapid_reset, frame(6, 0, 0, &[7; 8])),
    ] {
        let server = plugin.handshake.certificate().unwrap();
        let stream = plugin.tls(&Peer::terraform(&plugin.certificate), server).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(stream);
        // What comes back is read and forgotten, so that only the flood is in its way.
        let forgetting = tokio::spawn(async move {
            tokio::io::copy(&mut reading, &mut tokio::io::sink()).await.ok();
        });
        let chunk = again.repeat(64 * 1024 / again.len());
        let begin = [PREFACE, &frame(4, 0, 0, &[]), &first].concat();
        let sending = async {
            writing.write_all(&begin).await?;
            for _ in 0..FLOOD / chunk.len() {
                writing.write_all(&chunk).await?;
            }
            writing.flush().await
        };
        // It may hang up.
        let _ = soon(sending).await;
        assert_serves(&connection).await;
        assert_small(plugin.process.id(), flood);
        forgetting.abort();
    }
    connection.shutdown().await;
    assert!(plugin.exit_in_time().await.status.success());
}

#[tokio::test]
async fn a_response_without_end_is_an_error_and_takes_little_memory() {
    let emulator = Emulator::start().await;
    let text = vec![b' '; 1 << 16];
    let chunk = [b"10000\r\n", &text[..], b"\r\n"].concat();
    for (case, head, more) in [
        ("a body", "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", text),
        ("chunks of an error", "HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n", chunk),
        ("headers", "HTTP/1.1 200 OK\r\n", b"x-more: a\r\n".repeat(1 << 12)),
        ("brackets", "HTTP/1.1 200 OK\r\n\r\n", vec![b'['; 1 << 16]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let more = Arc::new(more);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let more = Arc::clone(&more);
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    // The request is small, and its end does not matter.
                    let _some = stream.read(&mut request).await;
                    stream.write_all(head.as_bytes()).await.ok();
                    while stream.write_all(&more).await.is_ok() {}
                });
            }
        });
        let arguments = json!({ "secrets_manager_endpoint": format!("{url}/{{instance_id}}") });
        let mut session = Session::with_arguments(&emulator, arguments).await;
        let (_, said) = session.read("ibm_sm_secret_groups", in_instance(json!({}))).await;
        assert_eq!(said.len(), 1, "{case}: {said:?}");
        assert!(said[0].detail.len() < 2_000, "{case}: {} bytes", said[0].detail.len());
        assert_small(session.plugin.process.id(), case);
        serving.abort();
    }
}
