//! What terraform said, compared with what it must have said.

use anyhow::{Context, Result, ensure};

use super::expect::Said;
use super::terraform::{Diagnostic, Severity};

/// Ok if exactly these diagnostics of the severity were given.
pub(crate) fn check_said(severity: Severity, expected: &[Said], said: &[Diagnostic]) -> Result<()> {
    let mut rest: Vec<&Diagnostic> = said.iter().filter(|s| s.severity == severity).collect();
    for expected in expected {
        let position = rest.iter().position(|said| is_said(expected, said)).with_context(|| {
            format!("{:?} as expected is missing in {said:#?}", expected.summary)
        })?;
        rest.remove(position);
    }
    ensure!(rest.is_empty(), "nobody expected {rest:#?}");
    Ok(())
}

fn is_said(expected: &Said, said: &Diagnostic) -> bool {
    let Said { summary, detail, address, at } = expected;
    let fits = |expected: &Option<String>, found: Option<&str>| {
        expected.is_none() || expected.as_deref() == found
    };
    *summary == said.summary
        && detail.iter().all(|part| said.detail.contains(part))
        && fits(address, said.address.as_deref())
        && fits(at, said.at())
}
