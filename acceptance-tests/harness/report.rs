//! The report at the end of a run: each scenario by capability with its result, and
//! what this command cannot run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::cli::Cli;

/// The results so far.
#[derive(Debug)]
pub(crate) struct Report {
    cli: Cli,
    results: Mutex<Results>,
}

#[derive(Debug, Default)]
struct Results {
    /// By capability (a folder of `scenarios/`) and scenario.
    capabilities: BTreeMap<String, BTreeMap<String, Outcome>>,
    failed_runs: Leases,
}

#[derive(Debug, Default)]
struct Outcome {
    about: String,
    passed: usize,
    failed: usize,
    /// What this command cannot do, if it cannot run the scenario.
    cannot: Option<String>,
}

/// What runs that failed did to their leases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leases {
    /// The number of runs.
    pub(crate) runs: usize,
    /// The leases and keys of dynamic secrets that they opened.
    pub(crate) opened: usize,
    /// The leases, service IDs and keys that were left after them.
    pub(crate) left: usize,
}

impl Report {
    /// An empty report of what this command does.
    pub(crate) fn new(cli: Cli) -> Report {
        Report { cli, results: Mutex::default() }
    }

    /// Records the result of a scenario, or of one case in it.
    pub(crate) fn add(&self, capability: &str, scenario: &str, about: &str, passed: bool) {
        self.change(capability, scenario, about, |outcome| {
            *if passed { &mut outcome.passed } else { &mut outcome.failed } += 1;
        });
    }

    /// Records that this command cannot run a scenario.
    pub(crate) fn cannot(&self, capability: &str, scenario: &str, about: &str, reason: &str) {
        self.change(capability, scenario, about, |outcome| {
            outcome.cannot = Some(reason.to_owned());
        });
    }

    /// Records a run that failed.
    pub(crate) fn add_failed_run(&self, Leases { runs, opened, left }: Leases) {
        let all = &mut self.results.lock().unwrap_or_else(PoisonError::into_inner).failed_runs;
        all.runs += runs;
        all.opened += opened;
        all.left += left;
    }

    fn change(
        &self,
        capability: &str,
        scenario: &str,
        about: &str,
        change: impl FnOnce(&mut Outcome),
    ) {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let scenarios = results.capabilities.entry(capability.to_owned()).or_default();
        let outcome = scenarios.entry(scenario.to_owned()).or_default();
        about.clone_into(&mut outcome.about);
        change(outcome);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut ran, mut not_here) = (0, 0);
        for (capability, scenarios) in &results.capabilities {
            writeln!(f, "{}", capability.replace('_', " "))?;
            for (scenario, Outcome { about, passed, failed, cannot }) in scenarios {
                if let Some(reason) = cannot {
                    not_here += 1;
                    writeln!(f, "  {:6} {scenario}: not on this CLI: {reason}", "-")?;
                    continue;
                }
                ran += 1;
                let verdict = if *failed == 0 { "ok" } else { "FAILED" };
                let cases = match passed + failed {
                    1 => String::new(),
                    cases => format!(" ({passed} of {cases} cases)"),
                };
                writeln!(f, "  {verdict:6} {scenario}{cases}: {about}")?;
            }
        }
        let Leases { runs, opened, left } = results.failed_runs;
        if runs > 0 {
            writeln!(f, "{runs} runs that failed, {opened} leases opened, {left} left")?;
        }
        writeln!(f, "{}: {ran} scenarios, {not_here} not on this CLI", self.cli)
    }
}
