//! What a web page can send, and what programs send.

use crate::lab::{GRANT, Lab, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATHS: [(Method, &str); 7] = [
    (Method::POST, "/_emulator/reset"),
    (Method::POST, "/_emulator/faults"),
    (Method::GET, "/_emulator/state"),
    (Method::GET, "/nothing"),
    (Method::GET, "/v2/groups"),
    (Method::GET, "/v1/apikeys"),
    (Method::GET, "secrets"),
];

/// No page of another site gets an answer or changes anything, by whatever name it comes.
#[tokio::test]
async fn web_pages_of_other_sites_are_refused() {
    let lab = Lab::start().await;
    lab.post("secret_groups", json!({ "name": "kept" })).await.expect(201);
    let port = lab.url.rsplit_once(':').unwrap().1;
    let rebound = format!("evil.example:{port}");
    for (header, value, words) in [
        ("origin", "https://evil.example", "web page"),
        ("origin", "http://127.0.0.1.evil.example", "web page"),
        ("origin", "http://localhost:1", "web page"),
        ("origin", "null", "web page"),
        ("origin", "", "web page"),
        ("origin", &format!("https://127.0.0.1:{port}"), "web page"),
        ("origin", &format!("127.0.0.1:{port}"), "web page"),
        ("sec-fetch-site", "cross-site", "web page"),
        ("sec-fetch-site", "same-site", "web page"),
        ("host", &rebound, "--allow-host"),
        ("host", "evil.example", "--allow-host"),
        ("host", "127.0.0.1.evil.example", "--allow-host"),
    ] {
        for (method, path) in PATHS {
            let body = json!({ "status": 500 });
            let request = lab.request(method.clone(), path).header(header, value).json(&body);
            let response = send(request).await;
            assert_eq!(response.error().0, 403, "{header}: {value}: {method} {path}");
            assert!(response.error().2.contains(words), "{}", response.error().2);
        }
        let form = [("grant_type", GRANT), ("apikey", seed::BOOTSTRAP_API_KEY)];
        let request = lab.anonymous(Method::POST, "/identity/token").header(header, value);
        let refused = send(request.form(&form)).await.expect(403);
        assert!(refused.text("errorMessage").contains(words), "{}", refused.body);
    }
    assert_eq!(lab.get("/_emulator/faults").await.at("faults"), &json!([]));
    assert_eq!(lab.get("secret_groups").await.expect(200).at("total_count"), 3);
}

/// Pages may send other types than JSON to any site: the control API takes none of them.
#[tokio::test]
async fn the_control_api_takes_json_only() {
    let lab = Lab::start().await;
    for (content_type, body, statuses) in [
        (Some("text/plain"), r#"{"status":500}"#, [415, 415]),
        (Some("application/x-www-form-urlencoded"), r#"{"status":500}"#, [415, 415]),
        (Some("multipart/form-data; boundary=application/json"), "", [415, 415]),
        (Some("text/plain"), "", [415, 415]),
        (None, r#"{"status":500}"#, [415, 415]),
        (Some("application/json"), r#"{"status":500,"times":0}"#, [201, 204]),
        (Some("application/json; charset=utf-8"), r#"{"status":500,"times":0}"#, [201, 204]),
        (None, "", [400, 204]),
    ] {
        for (path, status) in ["/_emulator/faults", "/_emulator/reset"].into_iter().zip(statuses) {
            let mut request = lab.anonymous(Method::POST, path).body(body);
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            let got = request.send().await.unwrap().status();
            assert_eq!(got, status, "{path} {content_type:?} {body}");
        }
        assert_eq!(lab.get("/_emulator/faults").await.at("faults"), &json!([]));
    }
}

/// Programs, and pages that the emulator itself serves, are answered under each of its names.
#[tokio::test]
async fn own_pages_and_programs_are_served() {
    let lab = Lab::with(|options| options.hosts = vec!["emulator.test".to_owned()]).await;
    let port = lab.url.rsplit_once(':').unwrap().1.to_owned();
    let local = format!("localhost:{port}");
    for host in [&local, "emulator.test", "[::1]:1", "iam.cloud.ibm.com"] {
        let origin = format!("http://{host}");
        for (name, value) in [
            ("accept", "*/*"),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            let request = lab.anonymous(Method::GET, "/_emulator/state").header("host", host);
            let state: Value = send(request.header(name, value)).await.expect(200).body;
            assert!(state["iam"].is_object());
        }
    }
}

/// The status of the response to a request that is sent as it stands.
async fn status(lab: &Lab, request: &str) -> String {
    let address = lab.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    String::from_utf8(status.to_vec()).unwrap()
}

/// Whatever names a host is judged: the target, each `Host`, and an empty one. Only programs send none.
#[tokio::test]
async fn every_name_of_a_request_is_judged() {
    let lab = Lab::start().await;
    for (request, expected) in [
        ("GET /_emulator/healthz HTTP/1.1\r\nHost: localhost\r\n", 200),
        ("GET http://localhost/_emulator/healthz HTTP/1.1\r\nHost: localhost\r\n", 200),
        ("GET http://localhost/_emulator/healthz HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("GET http://evil.example/_emulator/healthz HTTP/1.1\r\nHost: localhost\r\n", 403),
        ("GET http://evil.example/_emulator/healthz HTTP/1.1\r\n", 403),
        (
            "GET http://localhost@evil.example/_emulator/healthz HTTP/1.1\r\nHost: localhost\r\n",
            403,
        ),
        ("GET /_emulator/healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 403),
        ("GET /_emulator/healthz HTTP/1.1\r\nHost:\r\n", 403),
        ("GET /_emulator/healthz HTTP/1.1\r\nHost: \u{fc}\r\n", 403),
        ("GET /_emulator/healthz HTTP/1.0\r\n", 200),
    ] {
        let got = status(&lab, &format!("{request}\r\n")).await;
        assert!(got.ends_with(&expected.to_string()), "{got}: {request}");
    }
}

/// A page may open a websocket to any site without asking it first: that is refused like all it sends.
#[tokio::test]
async fn websockets_of_other_sites_are_refused() {
    let lab = Lab::start().await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (headers, expected) in [
        ("Host: localhost\r\nOrigin: https://evil.example\r\n", 403),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ("Host: evil.example\r\nOrigin: http://evil.example\r\n", 403),
        // Nothing here speaks it, so it is an ordinary request.
        ("Host: localhost\r\nOrigin: http://localhost\r\n", 200),
    ] {
        let request = format!("GET /_emulator/healthz HTTP/1.1\r\n{headers}{upgrade}\r\n");
        let got = status(&lab, &request).await;
        assert!(got.ends_with(&expected.to_string()), "{got}: {request}");
    }
}
