//! Terraform in a folder of its own, and what one run costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::emulator::Emulator;
use super::launcher::{self, Used};

/// What one run cost.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// CPU seconds of Terraform without its plugins.
    pub(crate) terraform_cpu: f64,
    /// CPU seconds of all processes of the provider.
    pub(crate) provider_cpu: f64,
    pub(crate) provider_memory: f64,
    pub(crate) calls: BTreeMap<String, usize>,
}

/// A folder with a configuration and its state.
pub(crate) struct Folder<'a> {
    path: PathBuf,
    usage: PathBuf,
    variables: BTreeMap<String, String>,
    emulator: &'a Emulator,
}

const SETTINGS: &str = r#"
terraform {
  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}
variable "instance_id" {}
variable "engine_api_key" {}
variable "service_id" {}
variable "note" { default = "one of many" }
resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}
resource "ibm_sm_secret_group" "group" {
  instance_id = var.instance_id
  name        = "many"
}
"#;

/// `count` secrets in `blocks` resource blocks, all with the engine's service ID and in one group.
/// The variable `note` changes the first of them.
pub(crate) fn secrets(count: usize, blocks: usize) -> String {
    let mut text = SETTINGS.to_owned();
    for block in 0..blocks {
        let _ = write!(
            text,
            r#"
resource "ibm_sm_iam_credentials_secret" "block_{block}" {{
  count           = {}
  instance_id     = var.instance_id
  name            = "secret-{block}-${{count.index}}"
  description     = {}
  secret_group_id = ibm_sm_secret_group.group.secret_group_id
  service_id      = var.service_id
  ttl             = "90d"
  depends_on      = [ibm_sm_iam_credentials_configuration.engine]
}}
"#,
            count / blocks,
            note(block),
        );
    }
    text
}

/// The same with `terraform_data`, which costs no request and no process.
pub(crate) fn data(count: usize, blocks: usize) -> String {
    let mut text = "variable \"note\" { default = \"one of many\" }\n".to_owned();
    for block in 0..blocks {
        let _ = write!(
            text,
            r#"
resource "terraform_data" "block_{block}" {{
  count = {}
  input = {}
}}
"#,
            count / blocks,
            note(block),
        );
    }
    text
}

fn note(block: usize) -> &'static str {
    match block {
        0 => r#"count.index == 0 ? var.note : "one of many""#,
        _ => r#""one of many""#,
    }
}

impl<'a> Folder<'a> {
    /// A folder below `root`, in which Terraform runs the provider at this path.
    pub(crate) fn new(
        root: &Path,
        name: &str,
        configuration: &str,
        provider: &Path,
        emulator: &'a Emulator,
    ) -> Self {
        let path = root.join(name);
        let plugins = path.join("plugins");
        fs::create_dir_all(&plugins).unwrap();
        fs::write(path.join("main.tf"), configuration).unwrap();
        fs::copy(std::env::current_exe().unwrap(), plugins.join("terraform-provider-ibm")).unwrap();
        let rc = format!(
            "provider_installation {{\n  dev_overrides {{ \"ibm-sm/ibm\" = {:?} }}\n  direct {{}}\n}}\n\
             disable_checkpoint = true\n",
            plugins.display().to_string()
        );
        let (rc_file, usage) = (path.join("terraform.rc"), path.join("usage"));
        fs::write(&rc_file, rc).unwrap();
        let mut variables = emulator.exports.clone();
        for (name, value) in
            [("TF_CLI_CONFIG_FILE", &rc_file), (launcher::USAGE, &usage), ("HOME", &path)]
        {
            variables.insert(name.to_owned(), value.display().to_string());
        }
        variables.insert(launcher::PROVIDER.to_owned(), provider.display().to_string());
        Self { path, usage, variables, emulator }
    }

    /// Runs `terraform` with these arguments and returns what that cost.
    pub(crate) fn run(&self, arguments: &[&str]) -> Cost {
        self.emulator.take_calls();
        let before = launcher::of_children();
        let start = Instant::now();
        let output = Command::new("terraform")
            .args(arguments)
            .current_dir(&self.path)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let time = start.elapsed();
        let after = launcher::of_children();
        assert!(
            output.status.success(),
            "terraform {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let Used { cpu_microseconds, peak_kib } = launcher::collect(&self.usage);
        let all = after.cpu_microseconds - before.cpu_microseconds;
        Cost {
            time,
            terraform_cpu: (all - cpu_microseconds) as f64 / 1e6,
            provider_cpu: cpu_microseconds as f64 / 1e6,
            provider_memory: peak_kib as f64 / 1024.0,
            calls: self.emulator.take_calls(),
        }
    }

    pub(crate) fn initialize(&self) {
        self.run(&["init", "-input=false"]);
    }
}
