//! An emulator process, and a client for its APIs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

/// A running emulator, killed on drop.
pub(crate) struct Emulator {
    process: Child,
    // Kept open, so that the process never writes into a closed pipe.
    _stdout: BufReader<ChildStdout>,
    /// The variables that it prints for its users to export.
    pub(crate) exports: BTreeMap<String, String>,
    url: String,
    agent: Agent,
    /// What the journal masked, as far as it was taken.
    secrets: Mutex<BTreeSet<String>>,
}

/// One exchange in the journal.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    /// The operation; none if no route matched.
    pub(crate) operation: Option<String>,
    /// The HTTP method.
    pub(crate) method: String,
    /// The path.
    pub(crate) path: String,
    /// The status; none if the connection was dropped.
    pub(crate) status: Option<u16>,
    /// The body of the request, with secrets masked.
    pub(crate) request_body: Option<Value>,
}

#[derive(Deserialize)]
struct Journal {
    requests: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Masked {
    secrets: Vec<String>,
}

/// A response from any of the emulator's APIs.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The JSON body, or null.
    pub(crate) body: Value,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has nothing on disk to lose; an error means that it has already exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    /// Starts the binary on a free port, with its clock stopped at `now`.
    pub(crate) fn start(binary: &Path, now: &str) -> Result<Emulator> {
        Self::start_with(Command::new(binary), now)
    }

    /// The same with IBM's host names, for providers that call nothing else. The certificates are
    /// in `tls_folder`.
    pub(crate) fn start_at_the_hosts_of_ibm(
        binary: &Path,
        now: &str,
        tls_folder: &Path,
    ) -> Result<Emulator> {
        let mut command = Command::new(binary);
        command.args(["--proxy-listen", "127.0.0.1:0", "--tls-folder"]).arg(tls_folder);
        let mut emulator = Self::start_with(command, now)?;
        let printed = Command::new(binary)
            .args(["env", "terraform", "--proxy", "--url", &emulator.url])
            .env_clear()
            .output()?;
        ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        emulator.exports = String::from_utf8(printed.stdout)?.lines().filter_map(export).collect();
        Ok(emulator)
    }

    fn start_with(mut command: Command, now: &str) -> Result<Emulator> {
        let binary = command.get_program().to_owned();
        let mut process = command
            .args(["--listen", "127.0.0.1:0"])
            // The scenario of the proxy calls services that do not exist.
            .args(["--allow-host", "iam.invalid", "--allow-host", "sm.invalid"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("{} cannot be run; `cargo build --workspace` makes it", binary.display())
            })?;
        let mut stdout =
            BufReader::new(process.stdout.take().context("the emulator has no output")?);
        let mut exports = BTreeMap::new();
        let mut line = String::new();
        while line.trim() != "ready" {
            line.clear();
            ensure!(stdout.read_line(&mut line)? > 0, "the emulator exited before it was ready");
            exports.extend(export(&line));
        }
        let url = exports.get("EMULATOR_URL").context("the emulator exports no URL")?.clone();
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        let emulator =
            Emulator { process, _stdout: stdout, exports, url, agent, secrets: Mutex::default() };
        emulator.control("PUT", "clock", Some(json!({"mode": "frozen", "now": now})))?;
        Ok(emulator)
    }

    /// The value of an exported variable.
    pub(crate) fn export(&self, name: &str) -> Result<&str> {
        let value = self.exports.get(name);
        Ok(value.with_context(|| format!("the emulator exports no {name}"))?)
    }

    /// Everything that exists, as `GET /_emulator/state` shows it.
    pub(crate) fn state(&self) -> Result<Value> {
        self.control("GET", "state", None)
    }

    /// Adds the rows in each table of `more` to the state.
    pub(crate) fn add(&self, more: Value) -> Result<()> {
        let mut state = self.state()?;
        append(&mut state, more)?;
        self.control("PUT", "state", Some(state)).map(drop)
    }

    /// Moves the clock forward.
    pub(crate) fn advance_clock(&self, seconds: u64) -> Result<()> {
        self.control("POST", "clock/advance", Some(json!({"seconds": seconds}))).map(drop)
    }

    /// Makes requests that match this fault fail.
    pub(crate) fn add_fault(&self, fault: &Value) -> Result<()> {
        self.control("POST", "faults", Some(fault.clone())).map(drop)
    }

    /// Removes all faults.
    pub(crate) fn clear_faults(&self) -> Result<()> {
        self.control("DELETE", "faults", None).map(drop)
    }

    /// The exchanges since the last call, which are removed from the journal.
    pub(crate) fn take_journal(&self) -> Result<Vec<Exchange>> {
        let exchanges = self.journal()?;
        self.secrets()?;
        self.control("DELETE", "journal", None)?;
        Ok(exchanges)
    }

    /// The exchanges since the last [`take_journal`](Self::take_journal).
    pub(crate) fn journal(&self) -> Result<Vec<Exchange>> {
        let journal: Journal = serde_json::from_value(self.control("GET", "journal", None)?)?;
        Ok(journal.requests)
    }

    /// Everything that was sent or received as a key, a token or a payload.
    pub(crate) fn secrets(&self) -> Result<BTreeSet<String>> {
        let Masked { secrets } =
            serde_json::from_value(self.control("GET", "journal/secrets", None)?)?;
        let mut all = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(secrets);
        Ok(all.clone())
    }

    /// Asks the token service for a token in exchange for this key.
    pub(crate) fn exchange_key(&self, api_key: &str) -> Result<Answer> {
        let form = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", api_key),
            ("response_type", "cloud_iam"),
        ];
        answer(self.agent.post(format!("{}/identity/token", self.url)).send_form(form)?)
    }

    /// A token for the account's administrator.
    pub(crate) fn administrator_token(&self) -> Result<String> {
        let answer = self.exchange_key(self.export("IBMCLOUD_API_KEY")?)?;
        let token =
            answer.body["access_token"].as_str().context("the administrator gets no token")?;
        Ok(token.to_owned())
    }

    /// Calls one of IBM's APIs as the account's administrator.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let authorization = format!("Bearer {}", self.administrator_token()?);
        let content_type = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        self.send(
            method,
            path,
            body,
            &[("authorization", &authorization), ("content-type", content_type), ("if-match", "*")],
        )
    }

    /// Calls the emulator's control API.
    pub(crate) fn control(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let path = format!("/_emulator/{path}");
        let answer =
            self.send(method, &path, body.as_ref(), &[("content-type", "application/json")])?;
        if answer.status >= 300 {
            bail!("{method} {path} answered {}: {}", answer.status, answer.body);
        }
        Ok(answer.body)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match body {
            Some(body) => answer(self.agent.run(request.body(body.to_string())?)?),
            None => answer(self.agent.run(request.body(())?)?),
        }
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let text = response.body_mut().read_to_string()?;
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
    Ok(Answer { status: response.status().as_u16(), body })
}

/// The name and the value in a line `export NAME=VALUE`.
fn export(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().strip_prefix("export ")?.split_once('=')?;
    Some((name.to_owned(), unquoted(value).to_owned()))
}

/// The value of a shell assignment, without the quotes around it.
fn unquoted(value: &str) -> &str {
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"')).unwrap_or(value)
}

/// Appends the lists in `more` to those at the same place in `state`, and replaces
/// any other value.
fn append(state: &mut Value, more: Value) -> Result<()> {
    match (state, more) {
        (Value::Object(state), Value::Object(more)) => {
            for (name, more) in more {
                let table = state.get_mut(&name).with_context(|| format!("no table {name}"))?;
                append(table, more)?;
            }
        }
        (Value::Array(rows), Value::Array(more)) => rows.extend(more),
        (state, more) => *state = more,
    }
    Ok(())
}
