//! Tests of the demo: it says what it lacks, works wherever and beside whatever it is started,
//! and leaves nothing.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tempfile::TempDir;

use super::cli::Product;
use super::world::Programs;

/// Nobody listens there.
const PROXY: &str = "http://127.0.0.1:1";

type Test = fn(&Programs) -> Result<()>;

const TESTS: [(&str, Test); 3] = [
    ("two_at_once_in_folders_with_spaces_beside_other_settings", two_at_once),
    ("an_interrupted_one_leaves_nothing", interrupted),
    ("all_that_lacks_is_said_at_once", what_lacks),
];

/// These tests as trials.
pub(crate) fn trials(programs: &Arc<Programs>) -> Vec<Trial> {
    let trial = |(name, test): (&str, Test)| {
        let programs = Arc::clone(programs);
        let run = move || test(&programs).map_err(|reason| Failed::from(format!("{reason:#}")));
        Trial::test(format!("demo/{name}"), run)
    };
    TESTS.into_iter().map(trial).collect()
}

/// A checkout that has nothing but the demo, in a folder with spaces, and the binaries beside it.
struct Checkout {
    folder: TempDir,
    product: Product,
}

impl Checkout {
    fn new(programs: &Programs) -> Result<Checkout> {
        let product = programs.terraform.cli.product;
        let checkout = Checkout { folder: TempDir::with_prefix("a demo ")?, product };
        let demo = checkout.path("examples/demo");
        fs::create_dir_all(&demo)?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
        for file in ["run.sh", "main.tf"] {
            fs::copy(source.join(file), demo.join(file))?;
        }
        for folder in ["bin", "tmp"] {
            fs::create_dir(checkout.path(folder))?;
        }
        for binary in [&programs.provider, &programs.emulator] {
            let name = binary.file_name().context("a binary has a name")?;
            symlink(binary, checkout.path("bin").join(name))?;
        }
        Ok(checkout)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The demo, which has only this folder to leave something in.
    fn demo(&self) -> Command {
        let mut command = Command::new("/bin/bash");
        command.arg(self.path("examples/demo/run.sh")).env_clear();
        command.env("TMPDIR", self.path("tmp")).env("HOME", self.path("tmp"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn ensure_nothing_is_left(&self) -> Result<()> {
        if self.product == Product::OpenTofu {
            // Every start of it makes this folder at home. One that has something in it stays.
            let _ = fs::remove_dir(self.path("tmp/.terraform.d"));
        }
        let left: Vec<_> = fs::read_dir(self.path("tmp"))?.collect::<Result<_, _>>()?;
        ensure!(left.is_empty(), "the demo left {left:?}");
        Ok(())
    }
}

fn path() -> Result<std::ffi::OsString> {
    env::var_os("PATH").context("PATH is set")
}

fn texts(output: &Output) -> String {
    let [stdout, stderr] = [&output.stdout, &output.stderr];
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

/// Somebody's credentials, endpoints and settings are not used, and their proxy is not asked.
fn two_at_once(programs: &Programs) -> Result<()> {
    let started =
        [Checkout::new(programs)?, Checkout::new(programs)?].map(|checkout| -> Result<_> {
            let mut demo = checkout.demo();
            demo.arg(checkout.path("bin")).env("PATH", path()?);
            demo.env("TERRAFORM", &programs.terraform.command);
            for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
                demo.env(name, PROXY);
            }
            for (name, value) in [
                ("IC_API_KEY", "somebody's key"),
                ("IBMCLOUD_IAM_API_ENDPOINT", "https://iam.invalid"),
                ("IBMCLOUD_REGION", "eu-de"),
                ("TF_CLI_ARGS", "-no-such-argument"),
                ("TF_VAR_instance_id", "another"),
            ] {
                demo.env(name, value);
            }
            Ok((checkout, demo.spawn()?))
        });
    for started in started {
        let (checkout, process) = started?;
        let output = process.wait_with_output()?;
        let shown = texts(&output);
        ensure!(output.status.success() && shown.contains("== Done."), "{shown}");
        checkout.ensure_nothing_is_left()?;
    }
    Ok(())
}

/// Ctrl-C reaches the whole group of processes.
fn interrupted(programs: &Programs) -> Result<()> {
    let checkout = Checkout::new(programs)?;
    let mut demo = checkout.demo();
    demo.arg(checkout.path("bin")).env("PATH", path()?);
    let mut process =
        demo.env("TERRAFORM", &programs.terraform.command).process_group(0).spawn()?;
    let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw).context("a process id")?;
    let stdout = process.stdout.take().context("stdout is a pipe")?;
    let mut lines = BufReader::new(stdout).lines();
    let applies = |line: &Result<String, _>| line.as_ref().is_ok_and(|l| l.contains("== 2."));
    ensure!(lines.any(|line| applies(&line)), "the demo ended before it applied");
    kill_process_group(group, Signal::INT)?;
    // Ends when nobody has the pipe any more.
    lines.for_each(drop);
    // 1 if Terraform ended in order: then the shell takes the interrupt for its business.
    let status = process.wait()?;
    ensure!(matches!(status.code(), Some(1 | 130)), "{status}");
    ensure!(test_kill_process_group(group).is_err(), "a process is left");
    checkout.ensure_nothing_is_left()
}

fn what_lacks(programs: &Programs) -> Result<()> {
    let checkout = Checkout::new(programs)?;
    let tools = checkout.path("tools");
    fs::create_dir(&tools)?;
    let path = path()?;
    for tool in ["dirname", "sed", "sort"] {
        let mut files = env::split_paths(&path).map(|folder| folder.join(tool));
        symlink(files.find(|file| file.is_file()).context(tool)?, tools.join(tool))?;
    }
    let script = |name: &str, text: &str| -> Result<()> {
        let file = tools.join(name);
        fs::write(&file, format!("#!/bin/sh\necho '{text}'\n"))?;
        Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o755))?)
    };
    let refused = || -> Result<String> {
        let output = checkout.demo().env("PATH", &tools).output()?;
        ensure!(output.status.code() == Some(1), "{}", texts(&output));
        Ok(texts(&output))
    };
    let shown = refused()?;
    for lack in [
        "Rust 1.95 or newer (found: none): https://rustup.rs",
        "a C compiler, cc: apt install build-essential",
        "Terraform 1.11 or newer (found: none): https://developer.hashicorp.com",
        "curl: apt install curl",
    ] {
        ensure!(shown.contains(lack), "{lack:?} is missing in {shown}");
    }
    script("cargo", "cargo 1.94.1 (of somewhere)")?;
    script("terraform", "Terraform v1.9.8")?;
    script("cc", "")?;
    let shown = refused()?;
    ensure!(shown.contains("Rust 1.95 or newer (found: 1.94)"), "{shown}");
    ensure!(shown.contains("Terraform 1.11 or newer (found: 1.9)"), "{shown}");
    ensure!(!shown.contains("a C compiler"), "{shown}");
    checkout.ensure_nothing_is_left()
}
