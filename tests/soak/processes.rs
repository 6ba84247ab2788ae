//! The emulator as a process of its own, and how much memory a process has.

use std::env;
use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// The variable that makes this program the emulator.
pub(crate) const IS_EMULATOR: &str = "SOAK_EMULATOR";

/// An emulator process, killed on drop.
pub(crate) struct EmulatorProcess {
    child: Child,
    pub(crate) url: String,
}

impl EmulatorProcess {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(IS_EMULATOR, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes it forget the requests so far: the last 10,000 would look like a leak.
    pub(crate) fn clear_journal(&self) {
        let url = format!("{}/_emulator/journal", self.url);
        tokio::task::block_in_place(|| ureq::delete(url).call().unwrap());
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The resident memory of two processes, where the system tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    provider: Option<u64>,
    emulator: Option<u64>,
}

impl Memory {
    pub(crate) fn of(provider: u32, emulator: u32) -> Self {
        Memory { provider: resident(provider), emulator: resident(emulator) }
    }

    /// Asserts that neither has more than `kib` beyond what it had before.
    pub(crate) fn assert_steady_since(self, before: Memory, kib: u64) {
        for (name, before, after) in [
            ("provider", before.provider, self.provider),
            ("emulator", before.emulator, self.emulator),
        ] {
            let (Some(before), Some(after)) = (before, after) else { continue };
            assert!(
                after <= before + kib,
                "the {name} grew from {before} to {after} KiB; {kib} KiB are allowed"
            );
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |kib: Option<u64>| kib.map_or("unknown".to_owned(), |kib| format!("{kib} KiB"));
        write!(f, "provider {}, emulator {}", shown(self.provider), shown(self.emulator))
    }
}

/// Linux tells it in a file; elsewhere it is not measured.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
