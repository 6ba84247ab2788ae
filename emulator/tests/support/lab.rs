//! Starts an emulator and sends it raw HTTP requests.

use ibm_sm_emulator::clock::Clock;
use ibm_sm_emulator::{Emulator, Handle, Options, seed};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// The time at which the clock of every test is frozen.
pub const START: &str = "2026-01-10T09:00:00Z";
pub const GRANT: &str = "urn:ibm:params:oauth:grant-type:apikey";
pub const UNKNOWN_ID: &str = "ffffffff-ffff-4fff-8fff-ffffffffffff";

/// A response: status, headers, body.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Response {
    /// A field of the body, or of a nested object if the name has slashes.
    pub fn at(&self, name: &str) -> &Value {
        let pointer = format!("/{name}");
        self.body.pointer(&pointer).unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    pub fn text(&self, name: &str) -> &str {
        self.at(name).as_str().unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.body.get(name).is_some()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The error's status, code and message.
    pub fn error(&self) -> (u16, &str, &str) {
        (self.status, self.text("errors/0/code"), self.text("errors/0/message"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

pub struct Lab {
    /// Stops when the lab is dropped.
    _emulator: Option<Handle>,
    pub url: String,
    pub http: reqwest::Client,
    /// The token of the bootstrap identity.
    pub token: String,
}

impl Lab {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts an emulator with options changed by `change`.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            clock: Clock::Frozen(START.parse().unwrap()),
            random_seed: Some(1),
            ..Options::default()
        };
        change(&mut options);
        let emulator = Emulator::start(options).await.unwrap();
        let mut lab = Self::at(emulator.url()).await;
        lab._emulator = Some(emulator);
        lab
    }

    /// Uses the emulator of another process.
    pub async fn at(url: String) -> Self {
        let lab = Self::with_token(url, String::new());
        let token = lab.token_of(seed::BOOTSTRAP_API_KEY).await;
        Self { token, ..lab }
    }

    /// The same, with an existing token.
    pub fn with_token(url: String, token: String) -> Self {
        // Fails if another test has installed one: any provider will do.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self {
            _emulator: None,
            url,
            http: reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap(),
            token,
        }
    }

    /// The status of a POST, or nothing if no response arrived.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<u16> {
        let response = self.request(Method::POST, path).json(body).send().await.ok()?;
        let status = response.status().as_u16();
        // Only a complete response counts.
        response.bytes().await.ok()?;
        Some(status)
    }

    /// Starts an emulator with a configured engine.
    pub async fn with_engine() -> Self {
        let lab = Self::start().await;
        lab.configure().await;
        lab
    }

    pub async fn configure(&self) -> Response {
        let body = json!({
            "config_type": "iam_credentials_configuration",
            "name": "engine",
            "api_key": seed::ENGINE_API_KEY,
        });
        self.post("configurations", body).await.expect(201)
    }

    /// The same lab with a new token.
    pub async fn with_new_token(&self) -> Self {
        Self {
            _emulator: None,
            url: self.url.clone(),
            http: self.http.clone(),
            token: self.token_of(seed::BOOTSTRAP_API_KEY).await,
        }
    }

    pub async fn token_of(&self, api_key: &str) -> String {
        let response = self.exchange(api_key).await.expect(200);
        response.text("access_token").to_owned()
    }

    /// The token service's response to an API key.
    pub async fn exchange(&self, api_key: &str) -> Response {
        self.form(&[("grant_type", GRANT), ("apikey", api_key), ("response_type", "cloud_iam")])
            .await
    }

    pub async fn form(&self, fields: &[(&str, &str)]) -> Response {
        let url = format!("{}/identity/token", self.url);
        send(self.http.post(url).form(fields)).await
    }

    /// Whether the token service accepts the key.
    pub async fn accepts(&self, api_key: &str) -> bool {
        self.exchange(api_key).await.status == 200
    }

    pub fn instance_url(&self) -> String {
        format!("{}/instances/{}", self.url, seed::INSTANCE_ID)
    }

    /// A request with the bootstrap token; paths without a leading slash are Secrets Manager's.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.url),
            None => format!("{}/api/v2/{path}", self.instance_url()),
        };
        self.http.request(method, url)
    }

    pub async fn get(&self, path: &str) -> Response {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Response {
        send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Response {
        let request = self
            .request(Method::PATCH, path)
            .header("content-type", "application/merge-patch+json")
            .body(body.to_string());
        send(request).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        send(self.request(Method::DELETE, path)).await
    }

    pub async fn advance(&self, seconds: u32) {
        self.post("/_emulator/clock/advance", json!({ "seconds": seconds })).await.expect(200);
    }

    pub async fn state(&self) -> Value {
        self.get("/_emulator/state").await.expect(200).body
    }

    /// Changes the state through the control API.
    pub async fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut state = self.state().await;
        change(&mut state);
        self.put("/_emulator/state", state).await.expect(204);
    }

    /// Creates a secret and returns its id.
    pub async fn secret(&self, body: Value) -> String {
        self.post("secrets", body).await.expect(201).text("id").to_owned()
    }

    /// The ids of the engine's keys and service IDs in IAM.
    pub async fn engine_objects(&self) -> Vec<String> {
        let state = self.state().await;
        ["service_ids", "api_keys"]
            .into_iter()
            .flat_map(|kind| state["iam"][kind].as_array().unwrap())
            .filter(|object| {
                object["name"].as_str().unwrap().starts_with("Secrets-Manager-IAM-Secret-")
            })
            .map(|object| object["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub async fn send(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Response { status, headers, body }
}

/// The body of a secret with an existing service ID.
pub fn static_secret(name: &str, reuse: bool) -> Value {
    json!({
        "secret_type": "iam_credentials",
        "name": name,
        "ttl": "90d",
        "reuse_api_key": reuse,
        "service_id": seed::STATIC_SERVICE_ID,
    })
}

/// The body of a secret with a generated service ID.
pub fn generated_secret(name: &str, reuse: bool) -> Value {
    json!({
        "secret_type": "iam_credentials",
        "name": name,
        "ttl": "90d",
        "reuse_api_key": reuse,
        "access_groups": [seed::ACCESS_GROUP_IDS[0]],
    })
}

/// `base` with these fields changed; null removes a field.
pub fn with(mut base: Value, changes: Value) -> Value {
    let fields = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    base
}

/// Whether the other side has reset the connection, instead of closing it.
pub fn is_reset(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && error.kind() == std::io::ErrorKind::ConnectionReset
        {
            return true;
        }
        cause = error.source();
    }
    false
}
