//! Stands before the provider when Terraform starts it: waits for it, and writes down what it used.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The variable with the path of the provider. Its presence makes this program the launcher.
pub(crate) const PROVIDER: &str = "BENCH_LAUNCH";

/// The variable with the path of the file to which it adds a line for each process.
pub(crate) const USAGE: &str = "BENCH_USAGE";

/// What one or more processes have used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) cpu_microseconds: i64,
    /// The largest resident memory of one process.
    pub(crate) peak_kib: i64,
}

/// Runs the provider in this process's place.
pub(crate) fn run(provider: &Path) -> ExitCode {
    let code = Command::new(provider).status().unwrap().code();
    let used = of_children();
    let mut file =
        OpenOptions::new().append(true).create(true).open(std::env::var_os(USAGE).unwrap());
    writeln!(file.as_mut().unwrap(), "{} {}", used.cpu_microseconds, used.peak_kib).unwrap();
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What all children of this process that have ended used, with their own children.
pub(crate) fn of_children() -> Used {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Used { cpu_microseconds: cpu, peak_kib: usage.max_rss() }
}

/// The sum of the lines in the file, which is then removed.
pub(crate) fn collect(file: &Path) -> Used {
    let lines = fs::read_to_string(file).unwrap_or_default();
    let _ = fs::remove_file(file);
    lines.lines().fold(Used::default(), |sum, line| {
        let (cpu, peak) = line.split_once(' ').unwrap();
        Used {
            cpu_microseconds: sum.cpu_microseconds + cpu.parse::<i64>().unwrap(),
            peak_kib: sum.peak_kib.max(peak.parse().unwrap()),
        }
    })
}
