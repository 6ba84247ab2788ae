//! The `terraform` or `tofu` command: finds it, checks its version, runs it, reads its
//! output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::cli::{Cli, Release};

/// The oldest version that the scenarios work with.
const OLDEST: Release = Release { major: 1, minor: 11 };
/// The first variable that is set names the command.
const VARIABLES: [&str; 2] = ["ACCEPTANCE_TERRAFORM", "TERRAFORM_BIN"];

/// A `terraform` or `tofu` that is new enough.
#[derive(Clone, Debug)]
pub(crate) struct Terraform {
    /// Its name or path.
    pub(crate) command: PathBuf,
    /// What it is.
    pub(crate) cli: Cli,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none if a signal killed it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// A diagnostic of a run with `-json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Diagnostic {
    /// Error or warning.
    pub(crate) severity: Severity,
    /// The first line.
    pub(crate) summary: String,
    /// The text below it.
    #[serde(default)]
    pub(crate) detail: String,
    /// The address of the object that it is about.
    pub(crate) address: Option<String>,
    snippet: Option<Snippet>,
}

/// The severity of a diagnostic.
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
    /// The line of the configuration that it points to, without indentation.
    pub(crate) fn at(&self) -> Option<&str> {
        Some(self.snippet.as_ref()?.code.trim())
    }
}

impl Terraform {
    /// Finds the command; the error says what to install.
    pub(crate) fn find() -> Result<Terraform> {
        let named = VARIABLES.iter().find_map(std::env::var_os);
        let command = PathBuf::from(named.unwrap_or_else(|| "terraform".into()));
        let install = format!(
            "these tests need Terraform or OpenTofu {OLDEST} or newer: install it and put it on \
             the PATH, or name it in {}",
            VARIABLES[0]
        );
        let output = Command::new(&command)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .with_context(|| format!("{} cannot be run; {install}", command.display()))?;
        let cli = Cli::of(&String::from_utf8_lossy(&output.stdout)).with_context(|| {
            format!("{} does not print its version; {install}", command.display())
        })?;
        ensure!(cli.release >= OLDEST, "{} is {cli}; {install}", command.display());
        Ok(Terraform { command, cli })
    }

    /// Starts it in `folder`, with only this environment and the `PATH`.
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
    /// Waits for a process to exit.
    pub(crate) fn of(child: Child) -> Result<Run> {
        let output = child.wait_with_output()?;
        Ok(Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Ok if it exited with this code; the error has its output.
    pub(crate) fn expect_code(self, code: i32) -> Result<Run> {
        if self.code == Some(code) {
            return Ok(self);
        }
        let diagnostics = self.diagnostics().unwrap_or_default();
        let output = if diagnostics.is_empty() {
            format!("{}\n{}", self.stdout, self.stderr)
        } else {
            format!("{diagnostics:#?}")
        };
        bail!("exited with {:?} instead of {code}:\n{output}", self.code)
    }

    /// Ok if a signal killed it; the error has its output.
    pub(crate) fn expect_killed(self) -> Result<Run> {
        ensure!(self.code.is_none(), "exited instead of being killed: {self:#?}");
        Ok(self)
    }

    /// The diagnostics of a run with `-json`, without two that say nothing about the
    /// provider: the reminder of development overrides, and the note that an
    /// interrupted run has stopped.
    pub(crate) fn diagnostics(&self) -> Result<Vec<Diagnostic>> {
        let mut found = Vec::new();
        for line in self.stdout.lines().filter(|line| line.starts_with('{')) {
            let event: Value =
                serde_json::from_str(line).context("a line of terraform's output")?;
            if event["type"] == "diagnostic" {
                found.push(serde_json::from_value::<Diagnostic>(event["diagnostic"].clone())?);
            }
        }
        let noise = ["Provider development overrides are in effect", "execution halted"];
        found.retain(|diagnostic| !noise.contains(&diagnostic.summary.as_str()));
        Ok(found)
    }
}
