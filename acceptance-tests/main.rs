//! Tests the provider as its users run it: the real `terraform`, the real provider
//! binary, and a new emulator for each scenario.
//!
//! `README.md` says how to run and how to write scenarios.

#![allow(clippy::indexing_slicing, reason = "in a test, a panic is how a failure is reported")]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};

use harness::expect::{Scenario, Table};
use harness::report::Report;
use harness::terraform::Terraform;
use harness::world::Programs;
use harness::{lifecycle, table};

/// Terraform mostly waits, so more scenarios than cores run at the same time.
const PARALLEL: usize = 4;

#[expect(clippy::print_stdout, reason = "the report is what this program is for")]
fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(PARALLEL);
    let report = Arc::default();
    match programs().and_then(|programs| trials(programs, &report)) {
        Ok(trials) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            print!("{report}");
            conclusion.exit_code()
        }
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn programs() -> Result<Programs> {
    let provider = PathBuf::from(env!("CARGO_BIN_EXE_terraform-provider-ibm"));
    let emulator = provider.with_file_name("ibm-sm-emulator");
    Ok(Programs { terraform: Terraform::find()?, provider, emulator })
}

/// One test for each folder with an `expect.json`, and one for each case in a
/// `cases.json`.
fn trials(programs: Programs, report: &Arc<Report>) -> Result<Vec<Trial>> {
    let programs = Arc::new(programs);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance-tests/scenarios");
    let mut trials = Vec::new();
    for capability in folders(&root)? {
        for folder in folders(&capability)? {
            let scenario = Reported { folder: folder.clone(), report: Arc::clone(report) };
            let (programs, folder) = (Arc::clone(&programs), folder);
            if folder.join("cases.json").exists() {
                let Table { about, cases } = table::read(&folder)?;
                for (case, input) in cases {
                    let (programs, folder) = (Arc::clone(&programs), folder.clone());
                    let run = move || table::run(&programs, &folder, &input);
                    trials.push(scenario.trial(Some(&case), about.clone(), run));
                }
            } else {
                let expected = Scenario::read(&folder.join("expect.json"))?;
                let about = expected.about.clone();
                let run = move || lifecycle::run(&programs, &folder, &expected);
                trials.push(scenario.trial(None, about, run));
            }
        }
    }
    Ok(trials)
}

/// A scenario's folder, and the report that its result goes into.
struct Reported {
    folder: PathBuf,
    report: Arc<Report>,
}

impl Reported {
    fn trial(
        &self,
        case: Option<&str>,
        about: String,
        run: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Trial {
        let mut names = self.folder.iter().rev().map(|name| name.to_string_lossy().into_owned());
        let (scenario, capability) =
            (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let name = [&capability, &scenario].into_iter().map(String::as_str).chain(case);
        let name = name.collect::<Vec<_>>().join("/");
        let report = Arc::clone(&self.report);
        Trial::test(name, move || {
            let outcome = run();
            report.add(&capability, &scenario, &about, outcome.is_ok());
            outcome.map_err(|reason| Failed::from(format!("{reason:#}")))
        })
    }
}

fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<PathBuf> = paths.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}
