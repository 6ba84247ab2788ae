//! What a scenario runs in: an emulator, a workspace, and the state before and
//! after the current step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::compare::same_objects;
use super::emulator::Emulator;
use super::secrecy::{self, Secrets};
use super::state::Snapshot;
use super::terraform::{Diagnostic, Terraform};
use super::workspace::Workspace;

/// Stands in variables for a token of the account's administrator.
const TOKEN: &str = "{ADMINISTRATOR_TOKEN}";

/// The programs that every scenario needs.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The `terraform` command.
    pub(crate) terraform: Terraform,
    /// The provider's binary.
    pub(crate) provider: PathBuf,
    /// The emulator's binary.
    pub(crate) emulator: PathBuf,
}

/// One scenario's emulator and workspace, and what is known about both.
pub(crate) struct World {
    folder: PathBuf,
    /// Secrets Manager and IAM.
    pub(crate) emulator: Emulator,
    /// Where Terraform runs.
    pub(crate) workspace: Workspace,
    /// The state after the previous step.
    pub(crate) before: Snapshot,
    /// The state now.
    pub(crate) now: Snapshot,
    /// The diagnostics of the last apply that failed.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Ids that calls saved, by name.
    pub(crate) saved: BTreeMap<String, String>,
    default_environment: BTreeMap<String, String>,
}

impl World {
    /// Starts an emulator and creates a workspace for the scenario in `folder`.
    pub(crate) fn start(
        programs: &Programs,
        folder: &Path,
        now: &str,
        stand_in: bool,
    ) -> Result<World> {
        let emulator = Emulator::start(&programs.emulator, now)?;
        let Programs { terraform, provider, .. } = programs;
        let workspace = Workspace::new(terraform, provider, stand_in, &emulator.exports)?;
        let default_environment = workspace.environment.clone();
        Ok(World {
            folder: folder.to_owned(),
            emulator,
            workspace,
            before: Snapshot::default(),
            now: Snapshot::default(),
            diagnostics: Vec::new(),
            saved: BTreeMap::new(),
            default_environment,
        })
    }

    /// Reads a file in the scenario's folder; `../` leads to files that scenarios
    /// share.
    pub(crate) fn file(&self, name: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Replaces each `{ADDRESS.ATTRIBUTE}` in `text` with its value in the state,
    /// and each `{NAME}` with the id that was saved under that name.
    pub(crate) fn fill(&self, text: &str) -> String {
        let saved = self.saved.iter();
        saved.fold(self.now.fill(text), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// Runs the following commands in the default environment with these changes.
    pub(crate) fn set_environment(
        &mut self,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<()> {
        let mut environment = self.default_environment.clone();
        for (name, value) in changes {
            match value {
                Some(value) => {
                    environment.insert(name.clone(), self.fill_exports(&self.fill(value))?)
                }
                None => environment.remove(name),
            };
        }
        self.workspace.environment = environment;
        Ok(())
    }

    fn fill_exports(&self, text: &str) -> Result<String> {
        let mut filled = text.to_owned();
        for (name, value) in &self.emulator.exports {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        if filled.contains(TOKEN) {
            filled = filled.replace(TOKEN, &self.emulator.administrator_token()?);
        }
        Ok(filled)
    }

    /// Every key that exists now, and the header that all tokens share.
    pub(crate) fn secrets(&self) -> Result<Secrets> {
        let mut secrets = secrecy::keys(&self.emulator.state()?);
        let token = self.emulator.administrator_token()?;
        let header = token.split('.').next().unwrap_or(&token).to_owned();
        secrets.insert("the header of a token".to_owned(), header);
        Ok(secrets)
    }

    /// Ok if Secrets Manager and IAM hold the same objects as in `before`.
    pub(crate) fn check_nothing_left(&self, before: &Value) -> Result<()> {
        same_objects(before, &self.emulator.state()?)
            .context("the emulator is not as it was before the scenario")
    }
}
