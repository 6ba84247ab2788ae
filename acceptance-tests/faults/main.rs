//! The fault matrix: every fault at every operation, with the real `terraform`. Once the fault is
//! gone, the next apply must reach what is configured and leave nothing else behind.
//!
//! `README.md` of the acceptance tests says how to run it.

#![allow(clippy::indexing_slicing, reason = "in a test, a panic is how a failure is reported")]

mod calls;
mod cell;
mod census;
mod columns;
mod gate;
#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "the scenarios use the rest")]
mod harness;
mod operations;
mod processes;
#[path = "../../tests/support/mod.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the protocol tests use the rest; in a test, a panic is how a failure is reported"
)]
mod support;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial};

use cell::{Row, Sabotage, Verdict};
use columns::Column;
use harness::terraform::Terraform;
use harness::world::Programs;
use table::Table;

/// Most cells wait for processes to end, so more of them than cores run at the same time.
const PARALLEL: usize = 6;
/// Runs all cells instead of a few of each row and column.
const ALL: &str = "--all";
/// Lives through a column.
type Meets = Box<dyn Fn(&Column, &Programs) -> Result<Verdict> + Send + Sync>;
/// Of so many cells in a row, one is in the short form: the one at which the sum of row and column
/// leaves this remainder. None of these waits for half a minute.
const SHORT: (usize, usize) = (12, 1);
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn main() -> ExitCode {
    let (all, arguments): (Vec<String>, Vec<String>) =
        std::env::args().partition(|argument| argument == ALL);
    let mut arguments = Arguments::from_iter(arguments);
    arguments.test_threads.get_or_insert(PARALLEL);
    arguments.quiet = true;
    match trials(!all.is_empty()) {
        Ok((trials, table)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            print!("{table}");
            conclusion.exit_code()
        }
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn trials(all: bool) -> Result<(Vec<Trial>, Arc<Table>)> {
    let provider = PathBuf::from(env!("CARGO_BIN_EXE_terraform-provider-ibm"));
    let emulator = provider.with_file_name("ibm-sm-emulator");
    let programs = Arc::new(Programs {
        terraform: Terraform::find()?,
        provider,
        emulator,
        leaks: Arc::default(),
    });
    let mut rows: Vec<(&str, Meets)> = Vec::new();
    for row in operations::all().into_iter().map(Row::of) {
        rows.push((row.operation.name, Box::new(move |column, on| row.meets(column, on))));
    }
    for row in calls::all() {
        rows.push((row.name, Box::new(move |column, on| row.meets(column, on))));
    }
    let columns: Vec<Arc<Column>> = columns::all().into_iter().map(Arc::new).collect();
    let table = Arc::new(Table::new(
        rows.iter().map(|(name, _)| *name).collect(),
        columns.iter().map(|column| column.name).collect(),
    ));
    let mut trials = checks(&programs);
    for (r, (name, meets)) in rows.into_iter().enumerate() {
        let meets = Arc::new(meets);
        for (c, column) in columns.iter().enumerate() {
            if !all && (r + c) % SHORT.0 != SHORT.1 {
                continue;
            }
            let (programs, meets, column) = (programs.clone(), meets.clone(), column.clone());
            let table = table.clone();
            trials.push(Trial::test(format!("{name}, {}", column.name), move || {
                // In case that it panics.
                table.enter(r, c, None);
                let verdict = meets(&column, &programs);
                table.enter(r, c, verdict.as_ref().ok());
                let verdict = verdict?;
                verdict.continued.map(drop).map_err(|reason| Failed::from(format!("{reason:#}")))
            }));
        }
    }
    Ok((trials, table))
}

/// The matrix itself: a cell that is sabotaged must not pass, for this reason. They are no cells of
/// the table.
fn checks(programs: &Arc<Programs>) -> Vec<Trial> {
    let check = |name: &str, sabotage, (orphans, duplicates), reason: &'static str| {
        let programs = programs.clone();
        Trial::test(format!("check: {name}"), move || {
            let verdict = cell::sabotaged(&programs, sabotage)?;
            let found = match &verdict.continued {
                Ok(continued) => format!("passed: {continued:?}"),
                Err(reason) => format!("{reason:#}"),
            };
            let left = (verdict.left.orphans, verdict.left.duplicates);
            let as_expected = found.contains(reason) && left == (orphans, duplicates);
            as_expected.then_some(()).ok_or_else(|| Failed::from(format!("{found} {left:?}")))
        })
    };
    vec![
        check("nothing is planted", Sabotage::None, (0, 0), "passed: ByTheNextApply"),
        check("an orphan is found", Sabotage::Orphan, (1, 0), "left: "),
        check("a duplicate is found", Sabotage::Duplicate, (0, 1), ""),
        check("a plan that is not empty is found", Sabotage::Drift, (0, 0), "is not empty"),
        check("a fault that does not fire is found", Sabotage::NoFault, (0, 0), "did not fire"),
    ]
}
