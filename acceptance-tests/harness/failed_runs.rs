//! Tests for tables of runs that fail while they hold leases, each in the same
//! configuration: nothing of what they opened is left.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::actions::perform;
use super::cli::Product;
use super::diagnostics::check_diagnostics;
use super::emulator::Emulator;
use super::expect::{self, FailedRun, FailedRuns};
use super::report::Leases;
use super::table::PLACE;
use super::terraform::Severity;
use super::world::{Programs, World};

/// The label of every lease.
const LABEL: &str = "terraform-lease";
/// How long after the end of a Terraform that was killed its provider may still close.
const AFTER_A_KILL: Duration = Duration::from_secs(60);

/// Reads the table in this folder.
pub(crate) fn read(folder: &Path, product: Product) -> Result<FailedRuns> {
    expect::read(&folder.join("runs.json"), product)
}

/// Makes one run fail. Afterwards there is no lease, and no service ID and no key that
/// was not there before.
pub(crate) fn run(
    programs: &Programs,
    folder: &Path,
    table: &FailedRuns,
    case: &FailedRun,
    report: impl FnOnce(Leases),
) -> Result<()> {
    let mut world = World::start(programs, folder, "2026-01-10T08:00:00Z", false)?;
    let template = world.file("case.tf")?;
    ensure!(template.contains(PLACE), "{folder:?}/case.tf has no line {PLACE}");
    perform(&table.seed, &mut world).context("seed")?;
    world.set_environment(&table.env)?;
    if !case.first.is_empty() {
        world.workspace.configure(&template.replace(PLACE, &case.first.join("\n")))?;
        let first = ["apply", "-auto-approve", "-json", "-input=false"];
        world.workspace.run(&first)?.expect_code(0).context("first")?;
    }
    world.workspace.configure(&template.replace(PLACE, &case.lines.join("\n")))?;
    let before = credentials(&world.emulator.state()?)?;
    perform(&case.before, &mut world).context("before")?;
    world.emulator.take_journal()?;
    let mut arguments: Vec<&str> = case.command.iter().map(String::as_str).collect();
    arguments.extend(["-json", "-input=false"]);
    if let Some(file) = &case.plan_file {
        arguments.push(file);
    }
    let run = world.workspace.run(&arguments)?;
    let run = if case.killed { run.expect_killed()? } else { run.expect_code(case.exits)? };
    let diagnostics = run.diagnostics()?;
    check_diagnostics(Severity::Error, &case.fails, &diagnostics).context("errors")?;
    check_diagnostics(Severity::Warning, &case.warns, &diagnostics).context("warnings")?;
    let opened = opened(&world.emulator)?;
    let left = left(&world.emulator, &before, case.closes_later)?;
    report(Leases { runs: 1, opened, left: left.len() });
    world.search()?;
    ensure!(opened > 0, "the run opened nothing");
    ensure!(left.is_empty(), "left: {left:?}");
    Ok(())
}

/// How many leases and keys of dynamic secrets were made since the journal began.
fn opened(emulator: &Emulator) -> Result<usize> {
    let journal = emulator.journal()?;
    let made = journal.iter().filter(|exchange| {
        exchange.operation.as_deref() == Some("get_secret") && exchange.status == Some(200)
    });
    Ok(made.count())
}

/// What exists now of what leases and dynamic secrets consist of, and did not before.
fn left(emulator: &Emulator, before: &BTreeSet<String>, later: bool) -> Result<Vec<String>> {
    let deadline = Instant::now() + AFTER_A_KILL;
    loop {
        let now = credentials(&emulator.state()?)?;
        let left: Vec<String> = now.difference(before).cloned().collect();
        if left.is_empty() || !later || Instant::now() > deadline {
            return Ok(left);
        }
        thread::yield_now();
    }
}

/// The leases in Secrets Manager, and the service IDs and keys in IAM, by id.
fn credentials(state: &Value) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for (pointer, leases_only) in
        [("/secrets_manager/secrets", true), ("/iam/service_ids", false), ("/iam/api_keys", false)]
    {
        let rows = state.pointer(pointer).and_then(Value::as_array);
        for row in rows.with_context(|| format!("no table {pointer}"))? {
            let is_lease = row["labels"].as_array().is_some_and(|it| it.contains(&LABEL.into()));
            if is_lease || !leases_only {
                let id = row["id"].as_str().with_context(|| format!("no id in {pointer}"))?;
                ids.insert(id.to_owned());
            }
        }
    }
    Ok(ids)
}
