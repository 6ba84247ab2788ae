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
    Http::new("test/1".to_owned(), extra_roots, proxy)
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
