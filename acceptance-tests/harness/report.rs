//! What was shown, by capability: each folder of `scenarios/` is one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The scenarios that were run, by capability and name.
#[derive(Debug, Default)]
pub(crate) struct Report(Mutex<BTreeMap<String, BTreeMap<String, Shown>>>);

#[derive(Debug, Default)]
struct Shown {
    about: String,
    passed: usize,
    failed: usize,
}

impl Report {
    /// Takes down how a scenario, or one case of it, went.
    pub(crate) fn add(&self, capability: &str, scenario: &str, about: &str, passed: bool) {
        let mut report = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let scenarios = report.entry(capability.to_owned()).or_default();
        let shown = scenarios.entry(scenario.to_owned()).or_default();
        about.clone_into(&mut shown.about);
        *if passed { &mut shown.passed } else { &mut shown.failed } += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (capability, scenarios) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(f, "{}", capability.replace('_', " "))?;
            for (scenario, Shown { about, passed, failed }) in scenarios {
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
