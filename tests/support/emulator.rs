//! A fresh emulator, and its control surface.

use ibm_sm_emulator::{Emulator as Library, Handle, Options, seed};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// One emulator; it ends when this is dropped.
pub(crate) struct Emulator {
    handle: Handle,
    http: reqwest::Client,
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// One that also serves IBM's host names over TLS, behind a proxy.
    pub(crate) async fn start_with_proxy() -> Self {
        let proxy_listen = Some((Ipv4Addr::LOCALHOST, 0).into());
        Self::start_with(Options { proxy_listen, ..Options::default() }).await
    }

    async fn start_with(options: Options) -> Self {
        let handle = Library::start(options).await.unwrap();
        // Without a named provider, reqwest panics; for plain HTTP nobody needs to be trusted.
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        Self { handle, http: http.build().unwrap() }
    }

    /// The base URL of IAM.
    pub(crate) fn url(&self) -> String {
        self.handle.url()
    }

    /// The URL of its proxy.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.handle.proxy_address.unwrap())
    }

    /// The authority of its certificate, in PEM.
    pub(crate) fn authority(&self) -> &str {
        self.handle.authority.as_deref().unwrap()
    }

    /// The requests of one operation so far, oldest first.
    pub(crate) async fn journal(&self, operation: &str) -> Vec<Value> {
        let url = format!("{}/_emulator/journal?operation={operation}", self.url());
        let answer = self.http.get(url).send().await.unwrap().error_for_status().unwrap();
        let mut journal: Value = answer.json().await.unwrap();
        serde_json::from_value(journal["requests"].take()).unwrap()
    }

    /// Makes something go wrong, as the emulator's README describes.
    pub(crate) async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    /// Makes everything go right again.
    pub(crate) async fn clear_faults(&self) {
        let url = format!("{}/_emulator/faults", self.url());
        self.http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Moves the clock.
    pub(crate) async fn advance(&self, seconds: u32) {
        self.control("clock/advance", json!({ "seconds": seconds })).await;
    }

    /// Locks the current version of a secret, as an application does that uses it.
    pub(crate) async fn lock(&self, secret_id: &str) {
        let locks = json!({"locks": [{"name": "app-1"}]});
        self.create(&format!("secrets/{secret_id}/locks_bulk"), locks).await;
    }

    /// Creates something in the instance, as somebody else who may do everything.
    pub(crate) async fn create(&self, path: &str, body: Value) -> Value {
        let form = format!(
            "grant_type=urn:ibm:params:oauth:grant-type:apikey&response_type=cloud_iam&apikey={}",
            seed::BOOTSTRAP_API_KEY
        );
        let request = self
            .http
            .post(format!("{}/identity/token", self.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let token: Value = answer.json().await.unwrap();
        let instance = self.handle.instance_url(seed::INSTANCE_ID);
        let request = self
            .http
            .post(format!("{instance}/api/v2/{path}"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .json(&body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// From now on the end of a lease destroys a secret, which is one of the two
    /// behaviours on record (ibm-api.md 4.6).
    pub(crate) async fn destroy_leases(&self) {
        let url = format!("{}/_emulator/state", self.url());
        let answer = self.http.get(&url).send().await.unwrap().error_for_status().unwrap();
        let mut state: Value = answer.json().await.unwrap();
        state["switches"]["on_reuse_expiry"] = json!("destroy");
        self.http.put(&url).json(&state).send().await.unwrap().error_for_status().unwrap();
    }

    /// Signs in as the command line does; access token and refresh token.
    pub(crate) async fn sign_in(&self, api_key: &str) -> (String, String) {
        let form = [("grant_type", "urn:ibm:params:oauth:grant-type:apikey"), ("apikey", api_key)];
        let request = self.http.post(format!("{}/identity/token", self.url()));
        let request = request.basic_auth("bx", Some("bx")).form(&form);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let tokens: Value = answer.json().await.unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// From now on the clock stands still, and these switches of the state are set.
    pub(crate) async fn freeze_with(&self, switches: Value) {
        let url = format!("{}/_emulator/state", self.url());
        let mut state = self.state().await;
        for (name, value) in switches.as_object().unwrap() {
            state["switches"][name] = value.clone();
        }
        self.http.put(&url).json(&state).send().await.unwrap().error_for_status().unwrap();
        let url = format!("{}/_emulator/clock", self.url());
        let clock = json!({"mode": "frozen"});
        self.http.put(&url).json(&clock).send().await.unwrap().error_for_status().unwrap();
    }

    /// How many keys in IAM the engine has made.
    pub(crate) async fn engine_keys(&self) -> usize {
        let state = self.state().await;
        let keys = state["iam"]["api_keys"].as_array().unwrap();
        let made =
            |key: &&Value| key["name"].as_str().unwrap().starts_with("Secrets-Manager-IAM-Secret-");
        keys.iter().filter(made).count()
    }

    async fn state(&self) -> Value {
        let url = format!("{}/_emulator/state", self.url());
        self.http.get(url).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/_emulator/{path}", self.url());
        self.http.post(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    }
}
