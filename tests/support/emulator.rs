//! An emulator in the test's own process or elsewhere, and a client for its control API.

use ibm_sm_emulator::{Emulator as Library, Handle, Options, seed};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// A running emulator, stopped on drop if it is this process's own.
pub(crate) struct Emulator {
    url: String,
    handle: Option<Handle>,
    http: reqwest::Client,
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts one that also serves IBM's host names over TLS, through a proxy.
    pub(crate) async fn start_with_proxy() -> Self {
        let proxy_listen = Some((Ipv4Addr::LOCALHOST, 0).into());
        Self::start_with(Options { proxy_listen, ..Options::default() }).await
    }

    async fn start_with(options: Options) -> Self {
        let handle = Library::start(options).await.unwrap();
        let emulator = Self::at(handle.url());
        Self { handle: Some(handle), ..emulator }
    }

    /// The one that another process runs at this URL.
    pub(crate) fn at(url: String) -> Self {
        // reqwest panics unless a crypto provider is named. Plain HTTP needs no roots.
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        Self { url, handle: None, http: http.build().unwrap() }
    }

    fn own(&self) -> &Handle {
        self.handle.as_ref().expect("it runs in this process")
    }

    /// The base URL of IAM.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// The URL of its proxy.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.own().proxy_address.unwrap())
    }

    /// The certificate authority that issued its certificate, in PEM.
    pub(crate) fn authority(&self) -> &str {
        self.own().authority.as_deref().unwrap()
    }

    /// The requests for one operation so far, oldest first.
    pub(crate) async fn journal(&self, operation: &str) -> Vec<Value> {
        self.requests(&format!("?operation={operation}")).await
    }

    /// All requests so far, oldest first.
    pub(crate) async fn whole_journal(&self) -> Vec<Value> {
        self.requests("").await
    }

    async fn requests(&self, query: &str) -> Vec<Value> {
        let url = format!("{}/_emulator/journal{query}", self.url());
        let answer = self.http.get(url).send().await.unwrap().error_for_status().unwrap();
        let mut journal: Value = answer.json().await.unwrap();
        serde_json::from_value(journal["requests"].take()).unwrap()
    }

    /// Adds a fault, in the form that the emulator's README describes.
    pub(crate) async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    /// Removes all faults.
    pub(crate) async fn clear_faults(&self) {
        let url = format!("{}/_emulator/faults", self.url());
        self.http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Moves the clock forward.
    pub(crate) async fn advance(&self, seconds: u32) {
        self.control("clock/advance", json!({ "seconds": seconds })).await;
    }

    /// Locks the current version of a secret, as an application that uses it does.
    pub(crate) async fn lock(&self, secret_id: &str) {
        let locks = json!({"locks": [{"name": "app-1"}]});
        self.create(&format!("secrets/{secret_id}/locks_bulk"), locks).await;
    }

    /// Creates an object in the instance, as another user with all permissions.
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
        let instance = format!("{}/instances/{}", self.url, seed::INSTANCE_ID);
        let request = self
            .http
            .post(format!("{instance}/api/v2/{path}"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .json(&body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// From now on a secret is destroyed when its lease ends, which is one of the two
    /// documented behaviours (ibm-api.md 4.6).
    pub(crate) async fn destroy_leases(&self) {
        let url = format!("{}/_emulator/state", self.url());
        let answer = self.http.get(&url).send().await.unwrap().error_for_status().unwrap();
        let mut state: Value = answer.json().await.unwrap();
        state["switches"]["on_reuse_expiry"] = json!("destroy");
        self.http.put(&url).json(&state).send().await.unwrap().error_for_status().unwrap();
    }

    /// Signs in as IBM's command line does. Returns the access and refresh tokens.
    pub(crate) async fn sign_in(&self, api_key: &str) -> (String, String) {
        let form = [("grant_type", "urn:ibm:params:oauth:grant-type:apikey"), ("apikey", api_key)];
        let request = self.http.post(format!("{}/identity/token", self.url()));
        let request = request.basic_auth("bx", Some("bx")).form(&form);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let tokens: Value = answer.json().await.unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// Stops the clock and sets these switches.
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

    /// Deletes the instance with everything in it; what its engine created stays in IAM.
    pub(crate) async fn delete_instance(&self) {
        let url = format!("{}/_emulator/instances/{}", self.url, seed::INSTANCE_ID);
        self.http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Changes what it stores.
    pub(crate) async fn edit(&self, change: impl FnOnce(&mut Value)) {
        let url = format!("{}/_emulator/state", self.url);
        let mut state = self.state().await;
        change(&mut state);
        self.http.put(url).json(&state).send().await.unwrap().error_for_status().unwrap();
    }

    /// The number of keys in IAM that the engine has created.
    pub(crate) async fn engine_keys(&self) -> usize {
        let state = self.state().await;
        let keys = state["iam"]["api_keys"].as_array().unwrap();
        let made =
            |key: &&Value| key["name"].as_str().unwrap().starts_with("Secrets-Manager-IAM-Secret-");
        keys.iter().filter(made).count()
    }

    /// Everything that it stores.
    pub(crate) async fn state(&self) -> Value {
        let url = format!("{}/_emulator/state", self.url());
        self.http.get(url).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/_emulator/{path}", self.url());
        self.http.post(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    }
}
