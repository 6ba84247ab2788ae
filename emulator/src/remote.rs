//! Talks to a running emulator: the other side of the control API.

use crate::exports::{self, Client, Place, Proxy, Variable};
use crate::model::State;
use crate::{private, seed};
use anyhow::{Context as _, anyhow, bail, ensure};
use axum::http::{Method, Request, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an answer may take: a state of some ten thousand secrets needs a few seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// An emulator at a URL.
#[derive(Clone, Debug)]
pub struct Remote {
    url: String,
}

impl Remote {
    /// The emulator at that URL, which must be plain HTTP.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        let url = url.trim_end_matches('/');
        let parsed = url.parse::<Uri>().ok().filter(|uri| uri.host().is_some());
        let scheme = parsed.as_ref().and_then(Uri::scheme_str);
        ensure!(
            scheme == Some("http"),
            "'{url}' is not the URL of an emulator, such as http://127.0.0.1:8484"
        );
        Ok(Self { url: url.to_owned() })
    }

    /// Whether it is running.
    pub async fn healthz(&self) -> anyhow::Result<()> {
        let body = self.get("/_emulator/healthz").await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        ensure!(body.get("status").is_some_and(|status| status == "ok"), "{}", self.is_foreign());
        Ok(())
    }

    /// The exports of a client, for a shell to evaluate.
    pub async fn env(&self, client: Client, by_proxy: bool) -> anyhow::Result<String> {
        let path = format!("/_emulator/env/{}?proxy={by_proxy}", client.id());
        let body = self.get(&path).await?;
        let text = std::str::from_utf8(&body).ok().and_then(|text| own_lines(client, text));
        text.ok_or_else(|| anyhow!(self.is_foreign()))
    }

    /// Saves the state in a file that only its owner can read.
    pub async fn snapshot(&self, file: &Path) -> anyhow::Result<()> {
        let body = self.get("/_emulator/state").await?;
        if serde_json::from_slice::<State>(&body).is_err() {
            bail!(self.is_foreign());
        }
        private::replace(file, &body).with_context(|| {
            format!(
                "cannot write {}: nothing was saved, and a file of that name is as it was",
                file.display()
            )
        })
    }

    /// Replaces the state by that of a file.
    pub async fn restore(&self, file: &Path) -> anyhow::Result<()> {
        // Asked first, since the state has keys that are nobody else's.
        self.healthz().await?;
        let state = seed::read(file).context("nothing was restored")?;
        let body = serde_json::to_vec(&state)?;
        self.send(Method::PUT, "/_emulator/state", body.into()).await?;
        Ok(())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Bytes> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// Sends a request, and returns the body of a response that is a success.
    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let exchange = async {
            let response = client.request(request).await.map_err(|error| {
                let what = if error.is_connect() {
                    "no emulator is running at"
                } else {
                    "no answer from"
                };
                let error = anyhow::Error::from(error);
                anyhow!(
                    "{what} {}: {}. Start one with `ibm-sm-emulator`, or say where it is with --url or EMULATOR_URL",
                    self.url,
                    error.root_cause()
                )
            })?;
            let status = response.status();
            let body = response.into_body().collect().await;
            let body = body.with_context(|| format!("{} broke off its answer", self.url))?;
            Ok::<_, anyhow::Error>((status, body.to_bytes()))
        };
        let (status, body) = tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| {
            anyhow!("{} has not answered for {} seconds", self.url, PATIENCE.as_secs())
        })??;
        if status.is_success() {
            return Ok(body);
        }
        Err(self.refused(status, &body))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> anyhow::Error {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = body.pointer("/errors/0/message").and_then(Value::as_str);
        match message {
            Some(message) => anyhow!("{} refuses with {status}: {message}", self.url),
            None => anyhow!(self.is_foreign()),
        }
    }

    fn is_foreign(&self) -> String {
        format!(
            "what answers at {} is not an emulator of this version. Say where it is with --url or EMULATOR_URL",
            self.url
        )
    }
}

/// The lines, quoted anew, if all are comments or variables of that client. They will be evaluated,
/// and on a machine with several users anybody can answer on a port.
fn own_lines(client: Client, text: &str) -> Option<String> {
    let names = names(client);
    let mut lines = String::new();
    for line in text.lines() {
        if line.starts_with('#') && !line.chars().any(char::is_control) {
            lines.push_str(line);
            lines.push('\n');
            continue;
        }
        let words = shlex::split(line)?;
        let [export, assignment] = words.as_slice() else { return None };
        let (name, value) = assignment.split_once('=')?;
        if export != "export" || !names.contains(name) {
            return None;
        }
        let variable = Variable { name: name.to_owned(), value: value.to_owned(), is_key: false };
        lines.push_str(&variable.line());
    }
    Some(lines)
}

/// The names of all variables that a client may be told.
fn names(client: Client) -> BTreeSet<String> {
    let state = seed::default_state();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let proxy = Proxy { address, ca_file: PathBuf::new() };
    let place = Place { url: "", state: &state, proxy: Some(&proxy) };
    exports::variables(client, place).into_iter().map(|variable| variable.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_run_is_not_passed_on() {
        let own = "export IBMCLOUD_API_KEY='a b'\n# a comment\n";
        assert_eq!(own_lines(Client::Curl, own).as_deref(), Some(own));
        for foreign in [
            "touch /tmp/x",
            "export IBMCLOUD_API_KEY=a; touch x",
            "export LD_PRELOAD=x",
            "export IBMCLOUD_API_KEY=a LD_PRELOAD=x",
            "export TF_VAR_region=us-south",
            "export IBMCLOUD_API_KEY='a",
            "<html>",
            "# a\rtouch x",
        ] {
            assert_eq!(own_lines(Client::Curl, foreign), None, "{foreign}");
        }
        let quoted = own_lines(Client::Curl, "export IBMCLOUD_API_KEY=$(touch\u{20}x)");
        assert_eq!(quoted, None);
        let quoted = own_lines(Client::Curl, "export IBMCLOUD_API_KEY=$(touch)");
        assert_eq!(quoted.as_deref(), Some("export IBMCLOUD_API_KEY='$(touch)'\n"));
    }

    #[test]
    fn only_plain_http() {
        assert_eq!(Remote::at("http://127.0.0.1:8484/").unwrap().url, "http://127.0.0.1:8484");
        for url in ["", "127.0.0.1:8484", "https://127.0.0.1:8484", "http://", "a b"] {
            let error = Remote::at(url).unwrap_err().to_string();
            assert!(error.contains("such as http://127.0.0.1:8484"), "{error}");
        }
    }
}
