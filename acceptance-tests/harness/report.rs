//! The report at the end of a run: which scenarios passed, by capability.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The results so far, by capability (a folder of `scenarios/`) and scenario.
#[derive(Debug, Default)]
pub(crate) struct Report(Mutex<BTreeMap<String, BTreeMap<String, Outcome>>>);

#[derive(Debug, Default)]
struct Outcome {
    about: String,
    passed: usize,
    failed: usize,
}

impl Report {
    /// Records the result of a scenario, or of one case in it.
    pub(crate) fn add(&self, capability: &str, scenario: &str, about: &str, passed: bool) {
        let mut report = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let scenarios = report.entry(capability.to_owned()).or_default();
        let outcome = scenarios.entry(scenario.to_owned()).or_default();
        about.clone_into(&mut outcome.about);
        *if passed { &mut outcome.passed } else { &mut outcome.failed } += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (capability, scenarios) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(f, "{}", capability.replace('_', " "))?;
            for (scenario, Outcome { about, passed, failed }) in scenarios {
                let verdict = if *failed == 0 { "ok" } else { "FAILED" };
                let cases = match passed + failed {
                    1 => String::new(),
                    cases => format!(" ({passed} of {cases} cases)"),
                };
                writeln!(f, "  {verdict:6} {scenario}{cases}: {about}")?;
            }
        }
        Ok(())
    }
}
