//! A table of inputs that are refused: each is a test of its own, with the same
//! configuration around it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::expect::{self, Case, Table};
use super::life::{Life, Programs};
use super::said::check_said;
use super::terraform::Severity;

/// Where the lines of a case go.
const PLACE: &str = "# CASE";

/// The cases of this folder by name.
pub(crate) fn cases(folder: &Path) -> Result<BTreeMap<String, Case>> {
    let table: Table = expect::read(&folder.join("cases.json"))?;
    Ok(table.cases)
}

/// Applies the configuration of one case: it is refused, and nothing is created.
pub(crate) fn refuse(programs: &Programs, folder: &Path, case: &Case) -> Result<()> {
    let mut life = Life::begin(programs, folder, "2026-01-10T08:00:00Z", false)?;
    let template = life.file("case.tf")?;
    ensure!(template.contains(PLACE), "case.tf has no place for the case");
    life.workspace.configure(&template.replace(PLACE, &case.lines.join("\n")))?;
    life.perform(&case.seed).context("seed")?;
    life.set_environment(&case.env)?;
    let before = life.emulator.state()?;
    let arguments = ["apply", "-auto-approve", "-json", "-input=false"];
    let run = life.workspace.run(&arguments)?.expect_code(1)?;
    check_said(Severity::Error, &case.fails, &run.diagnostics()?)?;
    life.no_secret_in(&run.stdout)?;
    ensure!(life.workspace.state()?.objects.is_empty(), "there is something in the state");
    life.left_nothing(&before)
}
