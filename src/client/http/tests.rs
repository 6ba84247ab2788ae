//! TLS trust and proxies, as a server and a proxy see them.

use super::*;
use crate::client::proxy::ProxyUrl;
use rustls::ServerConfig;
use std::pin::pin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

/// What an HTTP/2 client sends first (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A TLS server on `localhost`.
struct TlsServer {
    listener: TcpListener,
    certificate: String,
    config: Arc<ServerConfig>,
}

impl TlsServer {
    async fn start(protocols: &[&str]) -> Self {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let private = rustls::pki_types::PrivateKeyDer::try_from(key.key_pair.serialize_der());
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(TLS_VERSIONS)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private.unwrap())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            certificate: key.cert.pem(),
            config: Arc::new(config),
        }
    }

    fn url(&self) -> Url {
        let port = self.listener.local_addr().unwrap().port();
        Url::parse(&format!("https://localhost:{port}/")).unwrap()
    }

    async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

fn http(extra_roots: ExtraRoots, proxy: Option<&str>) -> Http {
    let proxy = proxy.map_or(Proxy::Direct, |url| Proxy::Url(ProxyUrl::parse(url).unwrap()));
    Http::new("test/1".to_owned(), extra_roots, proxy, EXCHANGE_TIMEOUT)
}

/// The result of a request and what its server saw. A request that ends before it reaches the server
/// fails the test, which would otherwise wait forever.
async fn together<T>(
    request: impl Future<Output = reqwest::Result<reqwest::Response>>,
    serve: impl Future<Output = T>,
) -> (reqwest::Result<reqwest::Response>, T) {
    let (mut request, mut serve) = (pin!(request), pin!(serve));
    tokio::select! {
        biased;
        seen = &mut serve => (request.await, seen),
        result = &mut request => panic!("the server saw nothing: {result:?}"),
    }
}

/// A request up to the empty line.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn plain_http_needs_no_roots_and_each_client_is_built_once() {
    let http = http(ExtraRoots::default(), None);
    assert!(http.plain.get().is_none(), "nothing is built in advance");
    let url = Url::parse("http://127.0.0.1:1/").unwrap();
    let first: *const Client = http.client(&url).unwrap();
    let second: *const Client = http.client(&url).unwrap();
    assert_eq!(first, second);
    assert!(http.secure.get().is_none(), "the system's roots are not read");
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_tls_failure_before_sending() {
    let server = TlsServer::start(&[]).await;
    let serve = async {
        let acceptor = rustls::server::Acceptor::default();
        let hello = LazyConfigAcceptor::new(acceptor, server.accept().await).await.unwrap();
        let offered: Vec<Vec<u8>> =
            hello.client_hello().alpn().unwrap().map(<[u8]>::to_vec).collect();
        assert!(hello.into_stream(Arc::clone(&server.config)).await.is_err());
        offered
    };
    let http = http(ExtraRoots::default(), None);
    let request = http.client(&server.url()).unwrap().get(server.url()).send();
    let (result, offered) = tokio::join!(request, serve);
    assert_eq!(offered, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    let error = NetworkError::from(&result.unwrap_err());
    assert_eq!((error.kind, error.sent), (TransportKind::Tls, false));
    assert_eq!(error.cause, "invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn a_server_is_trusted_through_an_extra_authority_and_chooses_the_protocol() {
    for (protocols, chosen, first_words) in [
        (&["h2", "http/1.1"][..], Some("h2"), PREFACE),
        (&["http/1.1"], Some("http/1.1"), &b"GET / HTTP/1.1\r\n"[..]),
        (&[], None, &b"GET / HTTP/1.1\r\n"[..]),
    ] {
        let server = TlsServer::start(protocols).await;
        let serve = async {
            let acceptor = TlsAcceptor::from(Arc::clone(&server.config));
            let mut stream = acceptor.accept(server.accept().await).await.unwrap();
            let mut words = vec![0; first_words.len()];
            stream.read_exact(&mut words).await.unwrap();
            let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
            (protocol, words)
        };
        let roots = ExtraRoots::from_pem(&server.certificate).unwrap();
        let http = http(roots, None);
        let request = http.client(&server.url()).unwrap().get(server.url()).send();
        let (result, (protocol, words)) = together(request, serve).await;
        assert!(result.is_err(), "the server hangs up");
        assert_eq!(protocol.as_deref(), chosen.map(str::as_bytes));
        assert_eq!(words, first_words, "{protocols:?}");
    }
}

#[tokio::test]
async fn every_request_goes_through_the_proxy_with_its_user() {
    // "user:p@ss" in Base64.
    let user = "proxy-authorization: Basic dXNlcjpwQHNz\r\n";
    for (target, line) in [
        ("http://sm.invalid/api/v2/secrets", "GET http://sm.invalid/api/v2/secrets HTTP/1.1\r\n"),
        ("http://127.0.0.1/api", "GET http://127.0.0.1/api HTTP/1.1\r\n"),
        ("https://sm.invalid/api", "CONNECT sm.invalid:443 HTTP/1.1\r\n"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async {
            let mut stream = listener.accept().await.unwrap().0;
            let head = head(&mut stream).await;
            let response = b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(response).await.unwrap();
            head
        };
        let http =
            http(ExtraRoots::default(), Some(&format!("http://user:p%40ss@127.0.0.1:{port}")));
        let url = Url::parse(target).unwrap();
        let request = http.client(&url).unwrap().get(url).send();
        let (result, head) = together(request, serve).await;
        assert!(head.starts_with(line), "{head}");
        assert!(head.to_ascii_lowercase().contains(&user.to_ascii_lowercase()), "{head}");
        let shown = match result {
            Ok(response) => format!("{} {http:?}", response.status()),
            Err(error) => format!("{:?} {http:?}", NetworkError::from(&error)),
        };
        assert!(shown.contains("407") || shown.contains("proxy"), "{shown}");
        for secret in ["p@ss", "p%40ss", "dXNlcjpwQHNz", "user:"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_proxy_over_tls_needs_an_authority_even_for_plain_http() {
    let server = TlsServer::start(&[]).await;
    let port = server.url().port().unwrap();
    let serve = async {
        let acceptor = TlsAcceptor::from(Arc::clone(&server.config));
        let mut stream = acceptor.accept(server.accept().await).await.unwrap();
        let mut words = vec![0; 8];
        stream.read_exact(&mut words).await.unwrap();
        String::from_utf8(words).unwrap()
    };
    let roots = ExtraRoots::from_pem(&server.certificate).unwrap();
    let http = http(roots, Some(&format!("https://localhost:{port}")));
    let url = Url::parse("http://sm.invalid/").unwrap();
    let request = http.client(&url).unwrap().get(url).send();
    let (result, words) = together(request, serve).await;
    assert!(result.is_err(), "the proxy hangs up");
    assert_eq!(words, "GET http");
}

/// The header of an HTTP/2 frame (RFC 9113, 4.1) and what follows it.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Floods end the exchange at the latest at its timeout, and the client takes of each only as much as it
/// can forget at once.
#[tokio::test]
async fn no_flood_of_http_2_frames_outlives_the_exchange() {
    let settings = frame(4, 0, 0, &[]);
    // ":status: 200" and nothing more, in HPACK.
    let response = frame(1, 4, 1, &[0x88]);
    for (flood, first, again, most) in [
        ("CONTINUATION", frame(1, 0, 1, &[0x88]), frame(9, 0, 1, &[0; 16_000]), Some(4 << 20)),
        ("SETTINGS", Vec::new(), settings.clone(), None),
        ("PING", Vec::new(), frame(6, 0, 0, &[7; 8]), None),
        ("WINDOW_UPDATE", Vec::new(), frame(8, 0, 0, &[0, 0, 0, 1]), None),
        ("empty DATA", response.clone(), frame(0, 0, 1, &[]), None),
        ("DATA beyond the window", response.clone(), frame(0, 0, 1, &[0; 16_000]), Some(16 << 20)),
        ("informational responses", Vec::new(), frame(1, 4, 1, &[0x08, 3, b'1', b'0', b'3']), None),
        ("RST_STREAM", Vec::new(), frame(3, 0, 1, &[0, 0, 0, 0]), None),
    ] {
        let server = TlsServer::start(&["h2"]).await;
        let serve = async {
            let acceptor = TlsAcceptor::from(Arc::clone(&server.config));
            let stream = acceptor.accept(server.accept().await).await.unwrap();
            let (mut reading, mut writing) = tokio::io::split(stream);
            // What the client sends is read and forgotten, so that only the flood is in its way.
            let forgetting = tokio::spawn(async move {
                tokio::io::copy(&mut reading, &mut tokio::io::sink()).await.ok();
            });
            writing.write_all(&settings).await.unwrap();
            let chunk = again.repeat(64 * 1024 / again.len());
            let mut sent = 0_usize;
            writing.write_all(&first).await.ok();
            while writing.write_all(&chunk).await.is_ok() && writing.flush().await.is_ok() {
                sent += chunk.len();
            }
            forgetting.abort();
            sent
        };
        let http = Http::new(
            "test/1".to_owned(),
            ExtraRoots::from_pem(&server.certificate).unwrap(),
            Proxy::Direct,
            Duration::from_millis(500),
        );
        let url = server.url();
        // It owns the client, which hangs up with its end also where the response was complete.
        let request = async move {
            let mut response = http.client(&url).unwrap().get(url).send().await?;
            // Nobody reads more of a body than this.
            for _ in 0..32 {
                if response.chunk().await?.is_none() {
                    break;
                }
            }
            Ok(())
        };
        let (_, sent): (reqwest::Result<()>, usize) = tokio::join!(request, serve);
        assert!(most.is_none_or(|most| sent < most), "{flood}: {sent} bytes");
    }
}

/// A byte now and then keeps no exchange alive: its timeout is for the whole of it.
#[tokio::test]
async fn an_endless_trickle_ends_at_the_timeout_of_the_exchange() {
    for (case, start, more) in [
        ("a body", "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n", " "),
        (
            "zeros before the length of a chunk",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "0",
        ),
        ("interim responses", "", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serve = async {
            let mut stream = listener.accept().await.unwrap().0;
            head(&mut stream).await;
            stream.set_nodelay(true).unwrap();
            stream.write_all(start.as_bytes()).await.unwrap();
            while stream.write_all(more.as_bytes()).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        let timeout = Duration::from_millis(200);
        let http = Http::new("test/1".to_owned(), ExtraRoots::default(), Proxy::Direct, timeout);
        let request = async move {
            let url = Url::parse(&url).unwrap();
            let mut response = http.client(&url).unwrap().get(url).send().await?;
            while response.chunk().await?.is_some() {}
            Ok(())
        };
        let (result, ()): (reqwest::Result<()>, ()) = tokio::join!(request, serve);
        let error = NetworkError::from(&result.unwrap_err());
        assert_eq!((error.kind, &*error.cause), (TransportKind::Timeout, "timed out"), "{case}");
    }
}
