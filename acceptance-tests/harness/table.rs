//! Tests for tables of invalid inputs, each in the same configuration.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::actions::perform;
use super::cli::Product;
use super::diagnostics::check_diagnostics;
use super::expect::{self, Case, Table};
use super::terraform::Severity;
use super::world::{Programs, World};

/// Marks where the lines of a case go.
pub(super) const PLACE: &str = "# CASE";

/// Reads the table in this folder.
pub(crate) fn read(folder: &Path, product: Product) -> Result<Table> {
    expect::read(&folder.join("cases.json"), product)
}

/// Applies the configuration with one case in it, and expects that it is refused and
/// that nothing is created.
pub(crate) fn run(programs: &Programs, folder: &Path, case: &Case) -> Result<()> {
    let mut world = World::start(programs, folder, "2026-01-10T08:00:00Z", false)?;
    let template = world.file("case.tf")?;
    ensure!(template.contains(PLACE), "case.tf has no line {PLACE}");
    world.workspace.configure(&template.replace(PLACE, &case.lines.join("\n")))?;
    perform(&case.seed, &mut world).context("seed")?;
    world.set_environment(&case.env)?;
    let before = world.emulator.state()?;
    let arguments = ["apply", "-auto-approve", "-json", "-input=false"];
    let run = world.workspace.run(&arguments)?.expect_code(1)?;
    check_diagnostics(Severity::Error, &case.fails, &run.diagnostics()?)?;
    world.search()?;
    ensure!(world.workspace.state()?.objects.is_empty(), "the state is not empty");
    world.check_nothing_left(&before)
}
