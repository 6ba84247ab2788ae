//! The terraform command: which one, whether it is new enough, and what a run of
//! it said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

/// The oldest version that these tests know.
const OLDEST: (u64, u64) = (1, 11);
/// The first variable that is set names the command.
const VARIABLES: [&str; 2] = ["ACCEPTANCE_TERRAFORM", "TERRAFORM_BIN"];

/// A terraform, or tofu, that is new enough.
#[derive(Clone, Debug)]
pub(crate) struct Terraform {
    /// Its name or path.
    pub(crate) command: PathBuf,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// A diagnostic of a run with `-json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Diagnostic {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// One line.
    pub(crate) summary: String,
    /// More lines.
    #[serde(default)]
    pub(crate) detail: String,
    /// The object that it is about.
    pub(crate) address: Option<String>,
    snippet: Option<Snippet>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// The run fails.
    Error,
    /// The run goes on.
    Warning,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Snippet {
    code: String,
}

impl Diagnostic {
    /// The line of the configuration that it points at, without indentation.
    pub(crate) fn at(&self) -> Option<&str> {
        Some(self.snippet.as_ref()?.code.trim())
    }
}

impl Terraform {
    /// The terraform of this machine; an error says what to install.
    pub(crate) fn find() -> Result<Terraform> {
        let named = VARIABLES.iter().find_map(std::env::var_os);
        let command = PathBuf::from(named.unwrap_or_else(|| "terraform".into()));
        let install = format!(
            "these tests need Terraform {}.{} or newer, or OpenTofu: install it and put it on the \
             PATH, or name it in {}",
            OLDEST.0, OLDEST.1, VARIABLES[0]
        );
        let output = Command::new(&command)
            .args(["version", "-json"])
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .with_context(|| format!("{} cannot be run; {install}", command.display()))?;
        let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| {
            format!("{} does not tell its version; {install}", command.display())
        })?;
        let version = answer["terraform_version"].as_str().unwrap_or_default();
        let mut numbers = version.split('.').map_while(|number| number.parse::<u64>().ok());
        let found = numbers.next().zip(numbers.next());
        ensure!(
            found.is_some_and(|found| found >= OLDEST),
            "{} is version {version:?}; {install}",
            command.display()
        );
        Ok(Terraform { command })
    }

    /// Starts it in `folder` with this environment and no other.
    pub(crate) fn start(
        &self,
        folder: &Path,
        environment: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Result<Child> {
        Command::new(&self.command)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| self.command.display().to_string())
    }
}

impl Run {
    /// What the process says until it ends.
    pub(crate) fn of(child: Child) -> Result<Run> {
        let output = child.wait_with_output()?;
        Ok(Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// An error with everything it said unless the exit code is this one.
    pub(crate) fn expect_code(self, code: i32) -> Result<Run> {
        if self.code == Some(code) {
            return Ok(self);
        }
        let said = self.diagnostics().unwrap_or_default();
        let said = if said.is_empty() {
            format!("{}\n{}", self.stdout, self.stderr)
        } else {
            format!("{said:#?}")
        };
        bail!("the exit code is {:?} instead of {code}:\n{said}", self.code)
    }

    /// An error with everything it said unless a signal ended it.
    pub(crate) fn expect_killed(self) -> Result<Run> {
        ensure!(self.code.is_none(), "it ended by itself: {self:#?}");
        Ok(self)
    }

    /// The diagnostics of a run with `-json`, without those that say nothing
    /// about the provider: that these tests override where it is installed, and
    /// that an interrupted run starts nothing more.
    pub(crate) fn diagnostics(&self) -> Result<Vec<Diagnostic>> {
        let mut found = Vec::new();
        for line in self.stdout.lines().filter(|line| line.starts_with('{')) {
            let event: Value = serde_json::from_str(line).context("a line of terraform -json")?;
            if event["type"] == "diagnostic" {
                found.push(serde_json::from_value::<Diagnostic>(event["diagnostic"].clone())?);
            }
        }
        let noise = ["Provider development overrides are in effect", "execution halted"];
        found.retain(|said| !noise.contains(&said.summary.as_str()));
        Ok(found)
    }
}
