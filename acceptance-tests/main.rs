//! What a user does with Terraform, and what they would notice: the real
//! command, the real provider, and a fresh emulator for each scenario.
//!
//! `README.md` says how to run one scenario and how to write one.

#![allow(clippy::indexing_slicing, reason = "in a test, a panic is how a failure is reported")]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};

use harness::life::{Programs, live};
use harness::table::{cases, refuse};
use harness::terraform::Terraform;

/// Terraform waits more than it works, so more scenarios than cores run at once.
const AT_ONCE: usize = 4;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    match programs().and_then(trials) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn programs() -> Result<Programs> {
    let provider = PathBuf::from(env!("CARGO_BIN_EXE_terraform-provider-ibm-sm"));
    let emulator = provider.with_file_name("ibm-sm-emulator");
    Ok(Programs { terraform: Terraform::find()?, provider, emulator })
}

/// A test for each folder with `expect.json`, and for each case of one with
/// `cases.json`.
fn trials(programs: Programs) -> Result<Vec<Trial>> {
    let programs = Arc::new(programs);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance-tests/scenarios");
    let mut trials = Vec::new();
    for noun in folders(&root)? {
        for folder in folders(&noun)? {
            let name = folder.strip_prefix(&root)?.display().to_string();
            if folder.join("cases.json").exists() {
                for (case, input) in cases(&folder)? {
                    let (programs, folder) = (Arc::clone(&programs), folder.clone());
                    trials.push(trial(format!("{name}/{case}"), move || {
                        refuse(&programs, &folder, &input)
                    }));
                }
            } else {
                let programs = Arc::clone(&programs);
                trials.push(trial(name, move || live(&programs, &folder)));
            }
        }
    }
    Ok(trials)
}

fn trial(name: String, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || run().map_err(|reason| Failed::from(format!("{reason:#}"))))
}

fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<PathBuf> = paths.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}
