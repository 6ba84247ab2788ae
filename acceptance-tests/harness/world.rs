//! What a scenario runs in: an emulator, a workspace, and the state before and
//! after the current step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::compare::same_objects;
use super::emulator::Emulator;
use super::leaks::{Leaks, Tally};
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
    /// What all scenarios searched for leaks.
    pub(crate) leaks: Arc<Tally>,
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
    /// Files that hold secrets, below the root of the workspace, each with the reason.
    pub(crate) holders: BTreeMap<String, String>,
    secrets: Secrets,
    /// What any configuration so far asked to have in plans.
    configured: BTreeSet<String>,
    leaks: Arc<Tally>,
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
        let mut workspace = Workspace::new(terraform, provider, stand_in, &emulator.exports)?;
        workspace.trace();
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
            holders: BTreeMap::new(),
            secrets: Secrets::new(),
            configured: BTreeSet::new(),
            leaks: Arc::clone(&programs.leaks),
        })
    }

    /// Reads a file in the scenario's folder; `../` leads to files that scenarios
    /// share.
    pub(crate) fn file(&self, name: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Reads a file of `examples/`.
    pub(crate) fn example(name: &str) -> Result<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
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

    /// Remembers every secret that there is now, since some are gone after the next
    /// command.
    pub(crate) fn plant(&mut self) -> Result<()> {
        let before = self.secrets.len();
        let configuration = self.workspace.configuration()?;
        for secret in self.emulator.secrets()? {
            secrecy::plant(&mut self.secrets, &secret, "what was sent or received as a secret");
        }
        for secret in secrecy::literals(&configuration) {
            secrecy::plant(&mut self.secrets, &secret, "a secret in the configuration");
        }
        let environment = &self.workspace.environment;
        secrecy::plant_environment(&mut self.secrets, environment, &configuration);
        secrecy::plant_state(&mut self.secrets, &self.emulator.state()?);
        self.secrets.retain(|secret, _| !secret.is_empty());
        self.configured.extend(secrecy::configured(&self.secrets, environment, &configuration));
        self.leaks.plant(self.secrets.len() - before);
        Ok(())
    }

    /// Ok if nothing that the commands since the last search printed, and no file that
    /// they left, has a secret that was not asked for.
    pub(crate) fn search(&mut self) -> Result<()> {
        self.plant()?;
        ensure!(self.workspace.is_traced()?, "the provider did not log at TRACE");
        let own = self.workspace.written();
        let mut leaks = Leaks::of(&self.secrets, &own, &self.holders, self.configured.clone())?;
        for (command, text) in self.workspace.take_printed() {
            leaks.text(&command, text.as_bytes());
        }
        leaks.folder(self.workspace.root())?;
        leaks.end(&self.leaks)?;
        // A plan is searched once, beside the state that it led to.
        self.workspace.remove_plans()
    }

    /// Ok if Secrets Manager and IAM hold the same objects as in `before`.
    pub(crate) fn check_nothing_left(&self, before: &Value) -> Result<()> {
        same_objects(before, &self.emulator.state()?)
            .context("the emulator is not as it was before the scenario")
    }
}
