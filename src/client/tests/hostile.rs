//! Servers that want to exhaust the client: each of them leaves an error, and what the client takes is
//! bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::scripted::{Scripted, Setup, response, response_with};
use crate::client::transport::MAX_BODY_BYTES;
use crate::client::{ApiError, ApiErrorKind, Endpoint};

/// What the buffers of both ends of a connection hold beside what the client has taken.
const BUFFERS: usize = 16 << 20;

/// A server that begins every response with `head` and goes on with `more` for ever.
struct Flood {
    url: String,
    /// The most that one connection took.
    most: Arc<AtomicUsize>,
}

impl Flood {
    async fn start(head: Vec<u8>, more: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let most = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&most);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(flood(stream, head.clone(), more.clone(), Arc::clone(&counter)));
            }
        });
        Self { url, most }
    }

    /// The error of a client that reads a group here.
    async fn meets_a_client(&self) -> ApiError {
        let tokens = Scripted::start(Vec::new()).await;
        let mut setup = Setup::at(&tokens.url);
        let template = format!("{}/instances/{{instance_id}}", self.url);
        setup.config.secrets_manager = Endpoint::template(&template).unwrap();
        setup.client().get_secret_group("g-1").await.unwrap_err()
    }
}

async fn flood(mut stream: TcpStream, head: Vec<u8>, more: Vec<u8>, most: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let mut sent = head.len();
    stream.write_all(&head).await.ok();
    while stream.write_all(&more).await.is_ok() {
        sent += more.len();
        most.fetch_max(sent, Ordering::Relaxed);
    }
}

/// Zeros without end in the format of gzip (RFC 1951, 1952), 158 times as many as these bytes: how they
/// begin and how they go on. A length of 258 at a distance of 1 is 13 bits, so every 13 bytes are the
/// same.
fn bomb() -> (Vec<u8>, Vec<u8>) {
    const AGAIN: [u8; 13] = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    // A block with fixed codes, and the literal 0.
    let mut bits = vec![0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    bits.extend(AGAIN.repeat(9));
    let byte = |eight: &[u8]| eight.iter().rev().fold(0_u8, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks(8).map(byte).collect();
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    ([&head[..], &bytes[..2]].concat(), bytes[2..15].repeat(1_000))
}

#[tokio::test]
async fn no_response_is_read_without_end() {
    let spaces = vec![b' '; 1 << 16];
    let chunk = [b"10000\r\n", &spaces[..], b"\r\n"].concat();
    let header = b"x-more: a\r\n".repeat(1 << 12);
    for (case, head, more, limit) in [
        (
            "a gigabyte",
            "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n",
            &spaces,
            MAX_BODY_BYTES,
        ),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &chunk, MAX_BODY_BYTES),
        (
            "an error",
            "HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n",
            &chunk,
            MAX_BODY_BYTES,
        ),
        ("headers", "HTTP/1.1 200 OK\r\n", &header, 0),
        ("a header", "HTTP/1.1 200 OK\r\nx-more: ", &vec![b'a'; 1 << 16], 0),
        ("a status line", "HTTP/1.1 200 ", &spaces, 0),
        (
            "an extension of a chunk",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
            &vec![b'a'; 1 << 16],
            0,
        ),
    ] {
        let flood = Flood::start(head.as_bytes().to_vec(), more.clone()).await;
        let error = flood.meets_a_client().await;
        let taken = flood.most.load(Ordering::Relaxed);
        assert!(taken < limit + BUFFERS, "{case}: {taken} bytes, {error:?}");
        let shown = format!("{error:?}").len();
        assert!(shown < 1_000, "{case}: an error of {shown} bytes");
    }
}

#[tokio::test]
async fn a_compressed_bomb_is_cut_off_while_it_is_unpacked() {
    for head in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 400 Bad\r\n"] {
        let (start, more) = bomb();
        let head = [head.as_bytes(), b"content-encoding: gzip\r\n\r\n", &start].concat();
        let flood = Flood::start(head, more).await;
        let error = flood.meets_a_client().await;
        let taken = flood.most.load(Ordering::Relaxed);
        assert!(taken < BUFFERS, "{taken} bytes, {error:?}");
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_not_unpacked() {
    for encoding in ["br", "deflate", "zstd", "gzip, gzip", "x"] {
        let body = "\u{1}\u{2}";
        let server =
            Scripted::start(vec![response_with(200, "content-encoding", encoding, body)]).await;
        let error = Setup::at(&server.url).client().get_secret_group("g-1").await.unwrap_err();
        assert_eq!(error.kind(), ApiErrorKind::UnexpectedBody, "{encoding}");
        assert_eq!(server.seen()[0].header("accept-encoding"), "gzip");
    }
}

#[tokio::test]
async fn json_of_any_depth_is_an_error() {
    for depth in [1_000, 1_000_000] {
        for (open, close) in [("[", "]"), (r#"{"id":"#, "}")] {
            let complete = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for body in [complete, open.repeat(depth)] {
                let server =
                    Scripted::start(vec![response(200, &body), response(400, &body)]).await;
                let client = Setup::at(&server.url).client();
                let error = client.get_secret_group("g-1").await.unwrap_err();
                assert_eq!(error.kind(), ApiErrorKind::UnexpectedBody);
                let error = client.get_secret_group("g-1").await.unwrap_err();
                assert_eq!((error.kind(), error.message()), (ApiErrorKind::Invalid, None));
            }
        }
    }
}

#[tokio::test]
async fn an_absurd_retry_after_is_not_waited_for() {
    for value in [
        "18446744073709551615",
        "99999999999999999999999999",
        "-1",
        "1e9",
        "NaN",
        "",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Thu, 99 Foo 99999 99:99:99 GMT",
    ] {
        let server = Scripted::start(
            (0..4).map(|_| response_with(429, "retry-after", value, "{}")).collect(),
        )
        .await;
        let error = Setup::at(&server.url).client().get_secret_group("g-1").await.unwrap_err();
        assert_eq!(error.status(), Some(429), "{value}");
    }
}

#[tokio::test]
async fn an_absurd_date_leaves_times_that_can_be_reckoned_with() {
    for (date, moves) in [
        ("Fri, 31 Dec 9999 23:59:59 GMT", true),
        ("Thu, 01 Jan 1970 00:00:00 GMT", false),
        ("Mon, 01 Jan 0001 00:00:00 GMT", false),
        ("Thu, 99 Foo 99999 99:99:99 GMT", false),
        ("", false),
    ] {
        let group = r#"{"id":"g-1"}"#;
        let server = Scripted::start(vec![response_with(200, "date", date, group)]).await;
        for now in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 37)] {
            let mut setup = Setup::at(&server.url);
            setup.nondeterminism.now = Arc::new(move || now);
            let client = setup.client();
            let _ = client.get_secret_group("g-1").await;
            let time = client.service_time();
            assert_eq!(
                time.year() == 9999,
                moves && now == SystemTime::UNIX_EPOCH,
                "{date} {time}"
            );
            for time in [time::PrimitiveDateTime::MIN, time::PrimitiveDateTime::MAX] {
                client.local_time(time.assume_utc());
            }
        }
    }
}
