//! Runs the binary as a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running emulator; killed with -9 when dropped.
pub struct Process {
    child: Child,
    /// The output before `ready`.
    pub screen: String,
}

impl Process {
    /// Starts it on a free port and waits until it is ready.
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(command(arguments))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut process = Self { child, screen: String::new() };
        assert!(process.is_ready(stdout), "it ended before it was ready: {}", process.screen);
        process
    }

    /// Reads the output before `ready`; false if it ends without.
    fn is_ready(&mut self, stdout: ChildStdout) -> bool {
        for line in BufReader::new(stdout).lines() {
            let line = line.unwrap();
            if line == "ready" {
                return true;
            }
            self.screen.push_str(&line);
            self.screen.push('\n');
        }
        false
    }

    /// Starts it on a folder; its stderr if it does not get ready.
    pub fn try_with_data(folder: &Path) -> Result<Self, String> {
        let mut command = command(&["--data", folder.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let mut process = Self { child, screen: String::new() };
        if process.is_ready(stdout) {
            return Ok(process);
        }
        let mut errors = String::new();
        stderr.read_to_string(&mut errors).unwrap();
        Err(errors)
    }

    pub fn with_data(folder: &Path) -> Self {
        Self::start(&["--data", folder.to_str().unwrap()])
    }

    /// The same, but no file can grow beyond so many KiB: the disk is full.
    pub fn with_full_disk(folder: &Path, kibibytes: u64) -> Self {
        Self::spawn(on_full_disk(folder, kibibytes))
    }

    /// The stderr of one that cannot start on it.
    pub fn fails_on_full_disk(folder: &Path, kibibytes: u64) -> String {
        let output = on_full_disk(folder, kibibytes).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// Makes room on the disk.
    pub fn make_room(&self) {
        let pid = format!("--pid={}", self.child.id());
        let done = Command::new("prlimit").args([&pid, "--fsize=unlimited"]).status().unwrap();
        assert!(done.success());
    }

    /// The value of an `export` line.
    pub fn exported(&self, name: &str) -> String {
        let prefix = format!("export {name}=");
        let value = self.screen.lines().find_map(|line| line.strip_prefix(&prefix));
        value.unwrap().to_owned()
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line on stderr when it listens on that address.
pub fn first_error(listen: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ibm-sm-emulator"))
        .args(["--listen", listen])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

/// Runs a command, such as `healthz`; returns whether it succeeded, and its stdout and stderr.
pub fn command_output(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ibm-sm-emulator"))
        .env_remove("EMULATOR_URL")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// Runs it until it exits by itself; returns whether it succeeded, and its stderr.
pub fn run(arguments: &[&str]) -> (bool, String) {
    let mut child =
        command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (child.wait().unwrap().success(), errors)
}

fn on_full_disk(folder: &Path, kibibytes: u64) -> Command {
    let blocks = kibibytes * 2;
    let shell = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &shell, env!("CARGO_BIN_EXE_ibm-sm-emulator")]);
    command.args(["--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]);
    command
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ibm-sm-emulator"));
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    command
}
