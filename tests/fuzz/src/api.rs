//! IBM's APIs as an attacker would run them: a server whose responses the input decides.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::checks::HIDDEN;

pub(crate) const INSTANCE: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const ID: &str = "22222222-3333-4333-8444-555555555555";

/// A request: its method, its path, and its body.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// The bytes that a request gets, and whether the connection ends with them.
pub(crate) type Response = (Vec<u8>, bool);

/// Decides the response to each request.
pub(crate) type Responder = Box<dyn FnMut(&Request<'_>) -> Response + Send>;

/// One runtime and one server for all inputs of a thread.
struct World {
    runtime: Runtime,
    url: String,
    responder: Arc<Mutex<Responder>>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Runs `work` with the URL of a server that responds in this way.
pub(crate) fn with<F: Future<Output = ()>>(responder: Responder, work: impl FnOnce(String) -> F) {
    WORLD.with_borrow(|world| {
        *world.responder.lock().unwrap_or_else(PoisonError::into_inner) = responder;
        world.runtime.block_on(work(world.url.clone()));
    });
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let responder: Arc<Mutex<Responder>> =
            Arc::new(Mutex::new(Box::new(|_| (Vec::new(), true))));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&responder);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that ends the connection early is its own business.
                let responder = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, &responder).await.ok() });
            }
        });
        World { runtime, url, responder }
    }
}

async fn serve(mut stream: TcpStream, responder: &Mutex<Responder>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.trim().parse().unwrap());
        while received.len() < end + length {
            stream.read_buf(&mut received).await?;
        }
        let mut first = head.split(' ');
        let request = Request {
            method: first.next().unwrap_or_default(),
            path: first.next().unwrap_or_default(),
            body: &received[end..end + length],
        };
        let (bytes, ends) = responder.lock().unwrap_or_else(PoisonError::into_inner)(&request);
        received.drain(..end + length);
        stream.write_all(&bytes).await?;
        if ends {
            return stream.shutdown().await;
        }
    }
}

/// A whole response.
pub(crate) fn response(status: u16, headers: &str, body: &[u8]) -> Response {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: \
         {length}\r\n{headers}\r\n"
    );
    ([head.as_bytes(), body].concat(), false)
}

/// The response of a service that decides by one byte what to be today.
pub(crate) fn mood(request: &Request<'_>, mood: u8) -> Response {
    let error = |status, headers, message: &str| {
        let errors = json!({"status_code": status, "trace": "trace-1",
                            "errors": [{"code": "code-1", "message": message}]});
        response(status, headers, errors.to_string().as_bytes())
    };
    let is_login = request.path.ends_with("/identity/token");
    // What the request was sent with.
    let sent = format!("{HIDDEN}-{}", if is_login { "login" } else { "token" });
    match mood {
        0..=63 => response(200, "", good(request, mood).to_string().as_bytes()),
        64..=71 => error(u16::from(mood - 64) + 400, "", "refused"),
        72..=79 => error(u16::from(mood - 72) + 408, "retry-after: 99999999999\r\n", "later"),
        80..=83 => error(u16::from(mood - 80) + 500, "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", ""),
        84 => error(404, "date: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "gone"),
        85 => error(403, "x-request-id: \u{202e}\r\n", &format!("of {sent}")),
        86 => error(422, "", &format!("\n{sent}{sent}")),
        87 => error(503, "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "\u{1b}]0;\u{7}"),
        88 => error(429, "", &"long ".repeat(4000)),
        89 => response(200, "", b"{\"id\":"),
        90 => response(200, "", b"<html>"),
        91 => response(200, "content-encoding: gzip\r\n", b"not gzip"),
        92 => response(200, "", &b"[".repeat(4000)),
        93 => response(204, "", b""),
        94 => response(302, "location: http://127.0.0.1:9/\r\n", b""),
        95 => response(200, "", b"null"),
        96 => (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(), true),
        97 => (Vec::new(), true),
        98 => (b"garbage\r\n\r\n".to_vec(), true),
        99 => (b"HTTP/1.1 200 OK\r\n".repeat(500), true),
        // A good response with one thing wrong.
        other => {
            let mut body = good(request, other >> 2);
            spoil(&mut body, usize::from(other));
            response(200, "", body.to_string().as_bytes())
        }
    }
}

/// Changes the n-th field, counted around: to null, to another type, or to an absurd value.
fn spoil(value: &mut Value, n: usize) {
    let fields = match value {
        Value::Object(fields) if !fields.is_empty() => fields,
        Value::Array(items) if !items.is_empty() => return spoil(&mut items[0], n),
        other => return *other = json!(n),
    };
    let total = fields.len();
    let (_, field) = fields.iter_mut().nth(n % total).expect("the index is within the length");
    if (field.is_object() || field.is_array()) && n & 1 == 0 {
        return spoil(field, n >> 1);
    }
    let absurd = [
        Value::Null,
        json!(9_999_999_999_999_999_999_u64),
        json!("9999-12-31T23:59:59-23:59"),
        json!(""),
        json!([[]]),
        json!({"a": null}),
        json!("\u{202e}\u{0}x"),
    ];
    *field = absurd[(n / total) % absurd.len()].clone();
}

/// What IBM would respond; the bits of `variant` decide between kinds of objects.
fn good(request: &Request<'_>, variant: u8) -> Value {
    let path = request.path.split('?').next().unwrap_or_default();
    let asked = String::from_utf8_lossy(request.body);
    let is_arbitrary =
        variant & 1 == 1 || request.path.contains("arbitrary") || asked.contains("payload");
    let secret = || secret(variant, is_arbitrary);
    let list = |name: &str, items: &[Value]| {
        let mut page = json!({"total_count": items.len(), "limit": 1000, "offset": 0});
        page[name] = json!(items);
        if variant & 4 == 4 && !request.path.contains("offset=2") {
            page["next"] = json!({"href": "https://next.test"});
        }
        page
    };
    if path.ends_with("/identity/token") {
        return json!({"access_token": format!("{HIDDEN}-token"), "expires_in": 3600,
                      "refresh_token": "not_supported", "token_type": "Bearer"});
    }
    if path.contains("/v1/apikeys/") {
        return json!({"id": "ApiKey-1"});
    }
    match path.rsplit('/').next().unwrap_or_default() {
        "locks" => list("locks", &[json!({"name": "lock-1", "created_by": "app"})]),
        "secrets" if request.method == "GET" => list("secrets", &[secret(), secret()]),
        "configurations" if request.method == "GET" => list("configurations", &[configuration()]),
        "secret_groups" if request.method == "GET" => list("secret_groups", &[group(variant)]),
        _ if path.contains("/versions") => version(is_arbitrary),
        _ if path.contains("/configurations") => configuration(),
        // By name: `/secret_groups/{group}/secret_types/{type}/secrets/{name}`.
        _ if path.contains("/secret_groups") && !path.contains("/secret_types") => group(variant),
        _ => secret(),
    }
}

fn secret(variant: u8, is_arbitrary: bool) -> Value {
    let mut secret = json!({
        "id": ID, "name": "a-name", "secret_group_id": "default",
        "secret_type": if is_arbitrary { "arbitrary" } else { "iam_credentials" },
        "crn": format!("crn:v1:bluemix:public:secrets-manager:us-south:a/1:{INSTANCE}:secret:{ID}"),
        "created_by": "iam-ServiceId-1", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
    });
    let optional = json!({
        "description": "text", "labels": ["one"], "downloaded": true,
        "custom_metadata": {"a": [1, {"b": null}]}, "locks_total": 0, "versions_total": 1,
        "state": if variant & 8 == 8 { 5 } else { 1 }, "state_description": "active",
        "expiration_date": if variant & 16 == 16 { "2020-01-01T00:00:00Z" } else { "2036-01-01T00:00:00Z" },
    });
    let own = if is_arbitrary {
        json!({"payload": format!("{HIDDEN}-payload")})
    } else {
        json!({"ttl": "1800", "reuse_api_key": variant & 2 == 0, "api_key_id": "ApiKey-1",
               "api_key": format!("{HIDDEN}-key"), "service_id": "ServiceId-1",
               "service_id_is_static": false, "access_groups": ["AccessGroupId-1"],
               "rotation": {"auto_rotate": true, "interval": 1, "unit": "month"},
               "next_rotation_date": "2026-02-01T00:00:00Z"})
    };
    for more in if variant & 32 == 32 { vec![own] } else { vec![optional, own] } {
        let (Value::Object(secret), Value::Object(more)) = (&mut secret, more) else { continue };
        secret.extend(more);
    }
    secret
}

fn version(is_arbitrary: bool) -> Value {
    let mut version = json!({"id": "33333333-3333-4333-8444-555555555555", "created_by": "someone",
        "created_at": "2026-01-01T00:00:00Z", "version_custom_metadata": {"a": "b"},
        "expiration_date": "2036-01-01T00:00:00Z", "api_key_id": "ApiKey-2"});
    let (name, value) = if is_arbitrary { ("payload", "payload") } else { ("api_key", "key") };
    version[name] = json!(format!("{HIDDEN}-{value}"));
    version
}

fn configuration() -> Value {
    json!({"config_type": "iam_credentials_configuration", "name": "engine",
           "secret_type": "iam_credentials", "created_by": "someone", "disabled": false,
           "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
           "api_key": format!("{HIDDEN}-engine")})
}

fn group(variant: u8) -> Value {
    json!({"id": "default", "name": if variant & 2 == 2 { "a-name" } else { "default" },
           "description": "text", "created_by": "someone",
           "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z"})
}
