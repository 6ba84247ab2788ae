//! The emulator as a process of its own, with the requests it has counted.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// What stands between the provider and the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// Nothing.
    Local,
    /// 50 ms for each request.
    Slow,
    /// IBM's advised limit for one instance: 20 requests a second (ibm-api.md 1.1).
    Limited,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Network::Local => "0 ms",
            Network::Slow => "50 ms",
            Network::Limited => "20/s",
        })
    }
}

/// An emulator process, killed on drop.
pub(crate) struct Emulator {
    process: Child,
    // Kept open, so that the process never writes into a closed pipe.
    _stdout: BufReader<ChildStdout>,
    /// The variables that it prints for its users to export.
    pub(crate) exports: BTreeMap<String, String>,
}

impl Emulator {
    pub(crate) fn start(binary: &Path) -> Self {
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut exports = BTreeMap::new();
        let mut line = String::new();
        while line.trim() != "ready" {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "the emulator starts");
            let export = line.trim().strip_prefix("export ").and_then(|line| line.split_once('='));
            if let Some((name, value)) = export {
                exports.insert(name.to_owned(), value.trim_matches('\'').to_owned());
            }
        }
        Self { process, _stdout: stdout, exports }
    }

    pub(crate) fn url(&self) -> &str {
        &self.exports["EMULATOR_URL"]
    }

    pub(crate) fn behind(&self, network: Network) {
        ureq::delete(self.control("faults")).call().unwrap();
        let fault = match network {
            Network::Local => return,
            Network::Slow => json!({"delay_milliseconds": 50}),
            Network::Limited => json!({
                "path": "/instances/", "above_per_second": 20, "status": 429, "retry_after": 1,
            }),
        };
        ureq::post(self.control("faults")).send_json(fault).unwrap();
    }

    /// The requests since the last call, by operation. What was refused counts too, apart.
    pub(crate) fn take_calls(&self) -> BTreeMap<String, usize> {
        let mut answer = ureq::get(self.control("journal")).call().unwrap();
        let journal: Value = answer.body_mut().with_config().limit(1 << 30).read_json().unwrap();
        ureq::delete(self.control("journal")).call().unwrap();
        let mut calls = BTreeMap::new();
        for entry in journal["requests"].as_array().unwrap() {
            let operation = entry["operation"].as_str().unwrap_or("unknown");
            let name = match entry["status"].as_u64() {
                Some(429) => format!("{operation} (429)"),
                _ => operation.to_owned(),
            };
            *calls.entry(name).or_default() += 1;
        }
        calls
    }

    fn control(&self, path: &str) -> String {
        format!("{}/_emulator/{path}", self.url())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
