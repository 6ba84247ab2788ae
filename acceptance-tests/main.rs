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

use harness::cli::Product;
use harness::expect::{Scenario, Table};
use harness::report::Report;
use harness::terraform::Terraform;
use harness::world::Programs;
use harness::{
    demo_tests, documents, failed_runs, guide, leak_tests, lifecycle, modules, own_tests, stand_in,
    table,
};

/// Terraform mostly waits, so more scenarios than cores run at the same time.
const PARALLEL: usize = 4;

#[expect(clippy::print_stdout, reason = "the report is what this program is for")]
fn main() -> ExitCode {
    if let Some(served) = stand_in::serve_if_started() {
        return served;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(PARALLEL);
    let tried = programs().and_then(|programs| {
        let leaks = Arc::clone(&programs.leaks);
        trials(programs).map(|(trials, report)| (trials, report, leaks))
    });
    match tried {
        Ok((trials, report, leaks)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            print!("{report}{leaks}");
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
    Ok(Programs { terraform: Terraform::find()?, provider, emulator, leaks: Arc::default() })
}

/// One test for each folder with an `expect.json`, one for each case in a
/// `cases.json` or a `runs.json`, and one for each test of a module.
fn trials(programs: Programs) -> Result<(Vec<Trial>, Arc<Report>)> {
    let cli = programs.terraform.cli.clone();
    let programs = Arc::new(programs);
    let report = Arc::new(Report::new(cli.clone()));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = repository.join("acceptance-tests/scenarios");
    let own = own_tests::TESTS.into_iter().chain(leak_tests::TESTS);
    let mut trials: Vec<Trial> = own.map(own_tests::trial).collect();
    trials.extend(demo_tests::trials(&programs));
    for test in modules::find(repository)? {
        let name = format!("terraform_test/{}", test.display());
        let programs = Arc::clone(&programs);
        let run = move || {
            let outcome = modules::run(&programs, repository, &test);
            outcome.map_err(|reason| Failed::from(format!("{reason:#}")))
        };
        // `tofu test` 1.12 knows fewer references within a file, such as those of variables to
        // `run` blocks, which most of them use.
        let ignored = cli.product == Product::OpenTofu;
        trials.push(Trial::test(name, run).with_ignored_flag(ignored));
    }
    trials.push(documents::trial(Arc::clone(&programs)));
    // The host of the guide's addresses is Terraform's.
    if cli.product == Product::Terraform {
        for (name, run) in guide::tests()? {
            let programs = Arc::clone(&programs);
            let run = move || run(&programs).map_err(|reason| format!("{reason:#}").into());
            trials.push(Trial::test(name, run));
        }
    }
    for capability in folders(&root)? {
        for folder in folders(&capability)? {
            let scenario = Reported { folder: folder.clone(), report: Arc::clone(&report) };
            let programs = Arc::clone(&programs);
            if folder.join("cases.json").exists() {
                let Table { about, cases } = table::read(&folder, cli.product)?;
                for (case, input) in cases {
                    let (programs, folder) = (Arc::clone(&programs), folder.clone());
                    let run = move || table::run(&programs, &folder, &input);
                    trials.push(scenario.trial(Some(&case), about.clone(), run));
                }
            } else if folder.join("runs.json").exists() {
                let runs = Arc::new(failed_runs::read(&folder, cli.product)?);
                for name in runs.runs.keys() {
                    let about = runs.about.clone();
                    let (programs, folder) = (Arc::clone(&programs), folder.clone());
                    let (runs, case, report) = (Arc::clone(&runs), name.clone(), report.clone());
                    let run = move || {
                        let failed_run = &runs.runs[&case];
                        let add = |leases| report.add_failed_run(leases);
                        failed_runs::run(&programs, &folder, &runs, failed_run, add)
                    };
                    trials.push(scenario.trial(Some(name), about, run));
                }
            } else {
                let expected = Scenario::read(&folder.join("expect.json"), cli.product)?;
                let about = expected.about.clone();
                let objection = expected.only_on.as_ref().and_then(|only| only.objection(&cli));
                trials.push(match objection.map(str::to_owned) {
                    Some(reason) => scenario.not_here(&about, reason),
                    None => {
                        let run = move || lifecycle::run(&programs, &folder, &expected);
                        scenario.trial(None, about, run)
                    }
                });
            }
        }
    }
    Ok((trials, report))
}

/// A scenario's folder, and the report that its result goes into.
struct Reported {
    folder: PathBuf,
    report: Arc<Report>,
}

impl Reported {
    /// The capability and the scenario.
    fn names(&self) -> (String, String) {
        let mut names = self.folder.iter().rev().map(|name| name.to_string_lossy().into_owned());
        let scenario = names.next().unwrap_or_default();
        (names.next().unwrap_or_default(), scenario)
    }

    fn trial(
        &self,
        case: Option<&str>,
        about: String,
        run: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Trial {
        let (capability, scenario) = self.names();
        let name = [&capability, &scenario].into_iter().map(String::as_str).chain(case);
        let name = name.collect::<Vec<_>>().join("/");
        let report = Arc::clone(&self.report);
        Trial::test(name, move || {
            let outcome = run();
            report.add(&capability, &scenario, &about, outcome.is_ok());
            outcome.map_err(|reason| Failed::from(format!("{reason:#}")))
        })
    }

    /// A test that this command cannot run, listed as ignored.
    fn not_here(&self, about: &str, reason: String) -> Trial {
        let (capability, scenario) = self.names();
        self.report.cannot(&capability, &scenario, about, &reason);
        let name = format!("{capability}/{scenario}");
        Trial::test(name, move || Err(Failed::from(reason))).with_ignored_flag(true)
    }
}

fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<PathBuf> = paths.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}
