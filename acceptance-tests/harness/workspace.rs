//! The temporary folder that Terraform runs in, with its configuration, state and
//! home.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::plan::Plan;
use super::state::Snapshot;
use super::terraform::{Run, Terraform};

/// Our source address.
const OWN: &str = "ibm-sm/ibm";
/// The source address of the official provider.
const OFFICIAL: &str = "IBM-Cloud/ibm";
/// What the binary is called under both.
const EXECUTABLE: &str = "terraform-provider-ibm";
/// Our former source address, which states may still name.
const FORMER: &str = "ibm-sm/ibm-sm";
/// What the binary was called under it.
const FORMER_EXECUTABLE: &str = "terraform-provider-ibm-sm";
/// Put next to each configuration that has no `required_providers`.
const COMMON: &str = include_str!("../common.tf");
/// Stands in state fixtures for the host name in provider addresses.
const HOST: &str = "REGISTRY_HOST";

/// The log of all commands, next to their folders.
const LOG: &str = "trace.log";

/// A folder to run Terraform in. Clones share it.
#[derive(Clone)]
pub(crate) struct Workspace {
    root: Arc<TempDir>,
    traces: Arc<Mutex<Traces>>,
    /// The working directory of commands.
    pub(crate) folder: PathBuf,
    terraform: Terraform,
    /// The environment of commands, besides the `PATH`.
    pub(crate) environment: BTreeMap<String, String>,
    source: &'static str,
}

/// What is known of the files and the output of all commands.
#[derive(Default)]
struct Traces {
    written: BTreeSet<String>,
    printed: Vec<(String, String)>,
}

impl Workspace {
    /// A new folder, whose commands get these variables and those that Terraform needs.
    pub(crate) fn new(
        terraform: &Terraform,
        provider: &Path,
        stand_in: bool,
        variables: &BTreeMap<String, String>,
    ) -> Result<Workspace> {
        let root = tempfile::Builder::new().prefix("acceptance-").tempdir()?;
        let binaries = root.path().join("bin");
        fs::create_dir(&binaries)?;
        for executable in [EXECUTABLE, FORMER_EXECUTABLE] {
            symlink(provider, binaries.join(executable))?;
        }
        let overrides =
            [OWN, OFFICIAL, FORMER].map(|source| format!("    {source:?} = {binaries:?}\n"));
        let overrides = overrides.concat();
        let settings = root.path().join("cli.tfrc");
        fs::write(
            &settings,
            format!(
                "disable_checkpoint = true\nprovider_installation {{\n  dev_overrides {{\n\
                 {overrides}  }}\n}}\n"
            ),
        )?;
        let home = root.path().join("home");
        let folder = root.path().join("work");
        let temporary = root.path().join("tmp");
        for folder in [&home, &folder, &temporary] {
            fs::create_dir(folder)?;
        }
        let mut environment = variables.clone();
        environment.insert("HOME".to_owned(), home.display().to_string());
        environment.insert("TMPDIR".to_owned(), temporary.display().to_string());
        environment.insert("TF_CLI_CONFIG_FILE".to_owned(), settings.display().to_string());
        environment.insert("TF_IN_AUTOMATION".to_owned(), "1".to_owned());
        // For configurations that run Terraform themselves.
        environment.insert("TERRAFORM".to_owned(), terraform.command.display().to_string());
        let source = if stand_in { OFFICIAL } else { OWN };
        let (root, terraform) = (Arc::new(root), terraform.clone());
        Ok(Workspace { root, traces: Arc::default(), folder, terraform, environment, source })
    }

    /// Lets the following commands log everything.
    pub(crate) fn trace(&mut self) {
        let log = self.root.path().join(LOG).display().to_string();
        self.environment.insert("TF_LOG".to_owned(), "TRACE".to_owned());
        self.environment.insert("TF_LOG_PATH".to_owned(), log);
    }

    /// Whether the provider logged more than warnings.
    pub(crate) fn is_traced(&self) -> Result<bool> {
        let log = fs::read_to_string(self.root.path().join(LOG))?;
        Ok(log.contains("[DEBUG] provider.terraform-provider-ibm"))
    }

    /// The folder of everything that commands write.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The whole configuration.
    pub(crate) fn configuration(&self) -> Result<String> {
        let read = |name| fs::read_to_string(self.folder.join(name));
        Ok(format!("{}\n{}", read("main.tf")?, read("common.tf")?))
    }

    /// Every text that the test wrote into a file.
    pub(crate) fn written(&self) -> BTreeSet<String> {
        self.traces().written.clone()
    }

    /// What commands printed since the last call, with their names.
    pub(crate) fn take_printed(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.traces().printed)
    }

    fn traces(&self) -> std::sync::MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another folder, with the same configuration and no state.
    pub(crate) fn elsewhere(&self, name: &str) -> Result<Workspace> {
        let folder = self.root.path().join(name);
        fs::create_dir(&folder)?;
        for file in ["main.tf", "common.tf"] {
            fs::copy(self.folder.join(file), folder.join(file))?;
        }
        Ok(Workspace { folder, ..self.clone() })
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, configuration: &str) -> Result<()> {
        self.add("main.tf", configuration)?;
        self.add("common.tf", &self.common(configuration))
    }

    /// The text of `common.tf` for this configuration: empty if the configuration
    /// has its own `required_providers`.
    pub(crate) fn common(&self, configuration: &str) -> String {
        match configuration.contains("required_providers") {
            true => String::new(),
            false => COMMON.replace("SOURCE", self.source),
        }
    }

    /// Writes another file next to the configuration.
    pub(crate) fn add(&self, name: &str, text: &str) -> Result<()> {
        self.traces().written.insert(text.to_owned());
        Ok(fs::write(self.folder.join(name), text)?)
    }

    /// Replaces the state, after putting the host name into it.
    pub(crate) fn use_state(&self, text: &str) -> Result<()> {
        self.add("terraform.tfstate", &text.replace(HOST, &self.host()?))
    }

    /// The host name in provider addresses, which differs between Terraform and
    /// OpenTofu.
    fn host(&self) -> Result<String> {
        let run = self.read(&["providers", "schema", "-json"])?;
        let answer: Value = serde_json::from_str(&run.stdout)?;
        let addresses = answer["provider_schemas"].as_object().context("no provider schemas")?;
        let source = format!("/{}", self.source.to_lowercase());
        let host = addresses.keys().find_map(|address| address.strip_suffix(&source));
        Ok(host.context("the configuration does not use the provider")?.to_owned())
    }

    /// Runs a command and waits for it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Run> {
        self.finish(self.start(arguments)?, arguments)
    }

    /// Waits for a command that was started.
    pub(crate) fn finish(&self, command: Child, arguments: &[&str]) -> Result<Run> {
        let run = Run::of(command)?;
        let printed = [("stdout", &run.stdout), ("stderr", &run.stderr)];
        let command = arguments.join(" ");
        let printed = printed.map(|(to, text)| (format!("{to} of {command}"), text.clone()));
        self.traces().printed.extend(printed);
        Ok(run)
    }

    /// Runs a command that prints a file, which is searched anyway.
    fn read(&self, arguments: &[&str]) -> Result<Run> {
        Run::of(self.start(arguments)?)?.expect_code(0)
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Result<std::process::Child> {
        self.terraform.start(&self.folder, &self.environment, arguments)
    }

    /// Removes all plan files.
    pub(crate) fn remove_plans(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "bin") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Reads a plan file.
    pub(crate) fn plan(&self, file: &str) -> Result<Plan> {
        Plan::parse(&self.read(&["show", "-json", file])?.stdout)
    }

    /// Reads the current state.
    pub(crate) fn state(&self) -> Result<Snapshot> {
        Snapshot::read(&self.folder.join("terraform.tfstate"))
    }
}
