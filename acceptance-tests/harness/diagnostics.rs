//! Compares Terraform's diagnostics with the expected ones.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::expect::ExpectedDiagnostic;
use super::matcher::{References, check};
use super::terraform::{Diagnostic, Severity};

/// Ok if exactly the expected diagnostics of this severity are among `found`.
pub(crate) fn check_diagnostics(
    severity: Severity,
    expected: &[ExpectedDiagnostic],
    found: &[Diagnostic],
) -> Result<()> {
    let mut rest: Vec<&Diagnostic> = found.iter().filter(|it| it.severity == severity).collect();
    for expected in expected {
        let position =
            rest.iter().position(|found| matches(expected, found)).with_context(|| {
                format!("the expected {:?} is missing in {found:#?}", expected.summary)
            })?;
        rest.remove(position);
    }
    ensure!(rest.is_empty(), "unexpected: {rest:#?}");
    Ok(())
}

/// Each diagnostic once: an apply plans again, and repeats those of the plan.
pub(crate) fn without_repeats(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut unique: Vec<Diagnostic> = Vec::new();
    for diagnostic in diagnostics {
        if !unique.contains(&diagnostic) {
            unique.push(diagnostic);
        }
    }
    unique
}

fn matches(expected: &ExpectedDiagnostic, found: &Diagnostic) -> bool {
    let ExpectedDiagnostic { summary, detail, address, at } = expected;
    let fits = |expected: &Option<String>, found: Option<&str>| {
        expected.is_none() || expected.as_deref() == found
    };
    let summary = Value::from(summary.as_str());
    check(&summary, &Value::from(found.summary.as_str()), &References::NONE).is_ok()
        && detail.iter().all(|part| found.detail.contains(part))
        && fits(address, found.address.as_deref())
        && fits(at, found.at())
}
