//! The processes of a run: which provider is at work, who is killed or interrupted, and when all are gone.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use super::harness::terraform::Run;

/// Between two looks at something that is about to happen.
const LOOK: Duration = Duration::from_millis(5);

/// The provider's processes, which a script around its binary records.
pub(crate) struct Providers {
    folder: TempDir,
}

impl Providers {
    /// The script stands for this binary.
    pub(crate) fn of(binary: &Path) -> Result<Providers> {
        let folder = tempfile::Builder::new().prefix("faults-").tempdir()?;
        let providers = Providers { folder };
        let script = format!(
            "#!/bin/sh\necho $$ >> {:?}\nexec {binary:?} \"$@\"\n",
            providers.folder.path().join("started")
        );
        fs::write(providers.script(), script)?;
        fs::set_permissions(providers.script(), fs::Permissions::from_mode(0o755))?;
        Ok(providers)
    }

    /// What Terraform starts as the provider.
    pub(crate) fn script(&self) -> PathBuf {
        self.folder.path().join("provider")
    }

    fn started(&self) -> Result<Vec<u32>> {
        let text = fs::read_to_string(self.folder.path().join("started"))?;
        text.lines().map(|line| line.parse().context("a process id")).collect()
    }

    /// The one that was started last, which is the one at work.
    pub(crate) fn at_work(&self) -> Result<u32> {
        self.started()?.last().copied().context("no provider was started")
    }

    /// Waits until none is left.
    pub(crate) fn wait(&self) -> Result<()> {
        for process in self.started()? {
            until(|| Ok(!is_running(process)?))?;
        }
        // Their numbers may be given to others now.
        Ok(fs::write(self.folder.path().join("started"), "")?)
    }
}

/// Looks again and again until it is so.
pub(crate) fn until(mut so: impl FnMut() -> Result<bool>) -> Result<()> {
    while !so()? {
        thread::sleep(LOOK);
    }
    Ok(())
}

fn is_running(process: u32) -> Result<bool> {
    let id = Pid::from_raw(i32::try_from(process)?).context("no process id")?;
    if test_kill_process(id).is_err() {
        return Ok(false);
    }
    // Killed, and perhaps not yet taken notice of.
    let output = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output()?;
    let state = String::from_utf8_lossy(&output.stdout);
    Ok(!state.trim().is_empty() && !state.trim().starts_with('Z'))
}

/// Sends a signal.
pub(crate) fn signal(process: u32, signal: Signal) -> Result<()> {
    let process = Pid::from_raw(i32::try_from(process)?).context("no process id")?;
    Ok(kill_process(process, signal)?)
}

/// Interrupts Terraform and its provider so often, as Ctrl-C does. After each time but the last of
/// several, Terraform has said that it has noticed.
pub(crate) fn interrupt(
    terraform: &mut Child,
    provider: u32,
    times: u32,
    then: impl FnOnce() -> Result<()>,
) -> Result<Run> {
    let mut output = BufReader::new(terraform.stdout.take().context("no output")?);
    let mut stdout = String::new();
    for time in 1..=times {
        for process in [terraform.id(), provider] {
            signal(process, Signal::INT)?;
        }
        if time == 1 {
            let start = stdout.len();
            while !stdout[start..].contains("nterrupt received") {
                ensure!(output.read_line(&mut stdout)? > 0, "Terraform ends without a word");
            }
        }
    }
    if times > 1 {
        // It exits at once, whatever its provider waits for.
        output.read_to_string(&mut stdout)?;
    }
    then()?;
    output.read_to_string(&mut stdout)?;
    let code = terraform.wait()?.code();
    Ok(Run { code, stdout, stderr: String::new() })
}
