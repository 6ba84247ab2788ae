//! IBM's host names over TLS and by proxy (1.1, 1.2).

use crate::lab::{GRANT, is_reset, send, static_secret};
use ibm_sm_emulator::{Emulator, Handle, Options, seed};
use reqwest::{Certificate, Client, ClientBuilder, Method, Proxy, Version};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const IAM: &str = "https://iam.cloud.ibm.com";

async fn emulator() -> Handle {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Emulator::start(Options {
        tls_listen: Some(free),
        proxy_listen: Some(free),
        ..Options::default()
    })
    .await
    .unwrap()
}

fn instance(middle: &str, region: &str) -> String {
    format!("{}.{middle}{region}.secrets-manager.appdomain.cloud", seed::INSTANCE_ID)
}

/// A client that trusts only the emulator's authority.
fn client(emulator: &Handle) -> ClientBuilder {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = emulator.authority.as_ref().unwrap();
    let authority = Certificate::from_pem(authority.as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([authority])
}

fn by_proxy(emulator: &Handle) -> Client {
    let address = emulator.proxy_address.unwrap();
    let proxy = Proxy::https(format!("http://{address}")).unwrap();
    client(emulator).proxy(proxy).build().unwrap()
}

async fn token(http: &Client) -> String {
    let form = [("grant_type", GRANT), ("apikey", seed::BOOTSTRAP_API_KEY)];
    let request = http.post(format!("{IAM}/identity/token")).form(&form);
    send(request).await.expect(200).text("access_token").to_owned()
}

/// Public and private names lead to the same instance; links keep the name in use.
#[tokio::test]
async fn host_names_over_tls() {
    let emulator = emulator().await;
    let address = emulator.tls_address.unwrap();
    let (public, private) = (instance("", "us-south"), instance("private.", "us-south"));
    let http = client(&emulator)
        .resolve("iam.cloud.ibm.com", address)
        .resolve(&public, address)
        .resolve(&private, address)
        .build()
        .unwrap();
    // The port is the listener's; the service's own is 443.
    let port = address.port();
    let form = [("grant_type", GRANT), ("apikey", seed::BOOTSTRAP_API_KEY)];
    let request = http.post(format!("{IAM}:{port}/identity/token")).form(&form);
    let token = send(request).await.expect(200).text("access_token").to_owned();
    for host in [public, private] {
        let url = format!("https://{host}:{port}/api/v2/secrets");
        let list = send(http.get(&url).bearer_auth(&token)).await.expect(200);
        assert_eq!(list.text("first/href"), format!("{url}?limit=200"));
    }
}

/// A client that hard-codes IBM's names needs only a proxy and an authority.
#[tokio::test]
async fn host_names_by_proxy() {
    let emulator = emulator().await;
    let http = by_proxy(&emulator);
    let token = token(&http).await;
    let base = format!("https://{}/api/v2", instance("", "us-south"));
    let configuration = json!({
        "config_type": "iam_credentials_configuration", "name": "engine", "api_key": seed::ENGINE_API_KEY,
    });
    let post = |path: &str, body: serde_json::Value| {
        http.post(format!("{base}/{path}")).bearer_auth(&token).json(&body)
    };
    send(post("configurations", configuration)).await.expect(201);
    let made = send(post("secrets", static_secret("s1", true))).await.expect(201);
    let read = http.get(format!("{base}/secrets/{}", made.text("id"))).bearer_auth(&token);
    assert_eq!(send(read).await.expect(200).text("api_key").len(), 44);
    // The collection with the SDK's trailing slash, on IAM's host name.
    let list = http
        .get(format!("{IAM}/v1/serviceids/?account_id={}", seed::ACCOUNT_ID))
        .bearer_auth(&token);
    send(list).await.expect(200);
}

/// A fault resets the TCP connection below TLS, too, with and without the proxy.
#[tokio::test]
async fn connections_are_reset_below_tls() {
    let emulator = emulator().await;
    let direct =
        client(&emulator).resolve("iam.cloud.ibm.com", emulator.tls_address.unwrap()).build();
    let port = emulator.tls_address.unwrap().port();
    let faults = format!("{}/_emulator/faults", emulator.url());
    let fault = json!({ "operation": "create_token", "reset": "before_commit" });
    send(Client::new().post(faults).json(&fault)).await.expect(201);
    let form = [("grant_type", GRANT), ("apikey", seed::BOOTSTRAP_API_KEY)];
    for (http, url) in [
        (direct.unwrap(), format!("{IAM}:{port}/identity/token")),
        (by_proxy(&emulator), format!("{IAM}/identity/token")),
    ] {
        let dropped = http.post(&url).form(&form).send().await.unwrap_err();
        assert!(is_reset(&dropped), "{url}: {dropped:?}");
    }
}

/// An instance is in one region, which its host name must match.
#[tokio::test]
async fn another_region_has_no_such_instance() {
    let emulator = emulator().await;
    let http = by_proxy(&emulator);
    let token = token(&http).await;
    let url = format!("https://{}/api/v2/secrets", instance("", "eu-de"));
    let response = send(http.get(url).bearer_auth(token)).await;
    assert_eq!((response.error().0, response.error().1), (404, "secrets-manager.Error00404"));
}

/// The proxy refuses other hosts and other methods than CONNECT.
#[tokio::test]
async fn the_proxy_refuses_other_hosts() {
    let emulator = emulator().await;
    for request in [
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "CONNECT iam.cloud.ibm.com:80 HTTP/1.1\r\nHost: iam.cloud.ibm.com:80\r\n\r\n",
        "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n\r\n",
        "GET http://iam.cloud.ibm.com/identity/keys HTTP/1.1\r\nHost: iam.cloud.ibm.com\r\n\r\n",
        "GET /identity/keys HTTP/1.1\r\nHost: iam.cloud.ibm.com\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(emulator.proxy_address.unwrap()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 403", "{request}");
    }
}

/// A client that does not trust the authority refuses the connection.
#[tokio::test]
async fn the_client_refuses_an_unknown_authority() {
    let emulator = emulator().await;
    let stranger = self::emulator().await;
    let address = emulator.proxy_address.unwrap();
    let proxy = Proxy::https(format!("http://{address}")).unwrap();
    let http = client(&stranger).proxy(proxy).build().unwrap();
    assert!(http.request(Method::GET, format!("{IAM}/identity/keys")).send().await.is_err());
    send(by_proxy(&emulator).get(format!("{IAM}/identity/keys"))).await.expect(200);
}

/// 1.1: the control plane tells where an instance is reached, by the name that the client came by.
#[tokio::test]
async fn endpoints_of_an_instance() {
    let emulator = emulator().await;
    let http = by_proxy(&emulator);
    let token = token(&http).await;
    let crn = format!(
        "crn:v1:bluemix:public:secrets-manager:us-south:a%2F{}:{}::",
        seed::ACCOUNT_ID,
        seed::INSTANCE_ID
    )
    .replace(':', "%3A");
    let path = format!("/api/v1/instances/{crn}/endpoints");
    for middle in ["", "private."] {
        let url = format!("https://{middle}us-south.secrets-manager.cloud.ibm.com{path}");
        let found = send(http.get(url).bearer_auth(&token)).await.expect(200);
        for (kind, host) in [
            ("public_endpoints", instance("", "us-south")),
            ("private_endpoints", instance("private.", "us-south")),
        ] {
            let api = format!("https://{host}/api");
            assert_eq!(found.text(&format!("{kind}/service_api")), api);
            let list = http.get(format!("{api}/v2/secrets")).bearer_auth(&token);
            send(list).await.expect(200);
        }
    }
    let plain = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let url = format!("{}{path}", emulator.url());
    let found = send(plain.get(&url).bearer_auth(&token)).await.expect(200);
    let api = format!("{}/api", emulator.instance_url(seed::INSTANCE_ID));
    assert_eq!(found.text("public_endpoints/service_api"), api);
    assert_eq!(send(plain.get(&url)).await.error().0, 401);
    let unknown = url.replace(seed::INSTANCE_ID, "x");
    assert_eq!(send(plain.get(unknown).bearer_auth(&token)).await.error().0, 404);
}

/// What a web page sends by the proxy is refused inside it as it is outside, and `https` is its own scheme.
#[tokio::test]
async fn web_pages_of_other_sites_are_refused_by_proxy() {
    let emulator = emulator().await;
    let http = by_proxy(&emulator);
    for (header, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "http://iam.cloud.ibm.com", 403),
        ("origin", IAM, 200),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "evil.example", 403),
    ] {
        let request = http.get(format!("{IAM}/identity/keys")).version(Version::HTTP_11);
        let got = send(request.header(header, value)).await;
        assert_eq!(got.status, status, "{header}: {value}");
    }
}
