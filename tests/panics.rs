//! What a panic writes to stderr, seen from outside: this program starts itself
//! once for each way to panic and reads the output.
//!
//! It does not use the ordinary test harness, which has a panic hook of its own.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it panics on purpose, and a panic is how a failure is reported"
)]

use std::env;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};

/// The variable that tells a child how to panic.
const WAY: &str = "WAY_TO_PANIC";

const KEY: &str = "s3cr3t-k3y";

const WITHHELD: &str = "panic: message withheld, it may contain secrets";

/// Each way to panic, with the first line that it writes.
const WAYS: [(&str, &str); 4] = [
    ("literal", "panic: not a secret"),
    ("formatted", WITHHELD),
    ("unwrapped", WITHHELD),
    ("owned", WITHHELD),
];

fn main() -> ExitCode {
    match env::var(WAY) {
        Ok(way) => child(&way),
        Err(_) => parent(),
    }
}

/// Panics in a thread, and carries on.
fn child(way: &str) -> ExitCode {
    ibm_sm_provider::plugin::panic::install();
    let key = env::var("KEY").unwrap();
    let way = way.to_owned();
    let thread = std::thread::Builder::new().name("worker".to_owned());
    let panicked = thread.spawn(move || match way.as_str() {
        "literal" => panic!("not a secret"),
        "formatted" => panic!("the key is {key}"),
        "unwrapped" => drop(key.parse::<u16>().map_err(|_| &key).unwrap()),
        "owned" => std::panic::panic_any(key),
        other => println!("no way to panic: {other}"),
    });
    assert!(panicked.unwrap().join().is_err(), "the thread has panicked");
    println!("still alive");
    ExitCode::SUCCESS
}

fn parent() -> ExitCode {
    let tests = WAYS
        .into_iter()
        .map(|(way, first_line)| {
            Trial::test(format!("panics::{way}"), move || writes(way, first_line))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// Starts a child that panics in this way, and checks what it writes.
fn writes(way: &str, first_line: &str) -> Result<(), Failed> {
    let Output { status, stdout, stderr } =
        Command::new(env::current_exe()?).env(WAY, way).env("KEY", KEY).output()?;
    let stderr = String::from_utf8(stderr)?;
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines[0], first_line);
    assert!(lines[2].starts_with("thread worker at tests/panics.rs:"), "{}", lines[2]);
    assert!(lines[3].trim_start().starts_with("0: "), "{stderr}");
    assert!(!stderr.contains(KEY), "{stderr}");
    assert_eq!(String::from_utf8(stdout)?, "still alive\n");
    assert_eq!(status.code(), Some(0));
    Ok(())
}
