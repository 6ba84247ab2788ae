//! The table that the run prints: a row for each operation, a column for each fault.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::cell::{Continued, Verdict};

/// The verdicts so far, by row and column.
pub(crate) struct Table {
    rows: Vec<&'static str>,
    columns: Vec<&'static str>,
    cells: Mutex<BTreeMap<(usize, usize), Cell>>,
}

struct Cell {
    continued: Option<Continued>,
    orphans: usize,
    duplicates: usize,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(rows: Vec<&'static str>, columns: Vec<&'static str>) -> Table {
        Table { rows, columns, cells: Mutex::default() }
    }

    /// Enters a verdict; none if the cell could not even be tried.
    pub(crate) fn enter(&self, row: usize, column: usize, verdict: Option<&Verdict>) {
        let cell = Cell {
            continued: verdict.and_then(|it| it.continued.as_ref().ok().cloned()),
            orphans: verdict.map_or(0, |verdict| verdict.left.orphans),
            duplicates: verdict.map_or(0, |verdict| verdict.left.duplicates),
        };
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.insert((row, column), cell);
    }
}

fn mark(cell: Option<&Cell>) -> char {
    match cell.map(|cell| &cell.continued) {
        None => ' ',
        Some(None) => 'X',
        Some(Some(Continued::ByItself)) => '=',
        Some(Some(Continued::ByTheNextApply)) => '+',
        Some(Some(Continued::AsTold(_))) => '!',
        Some(Some(Continued::AfterTheTtl)) => 't',
        Some(Some(Continued::WithTheFormerState)) => 's',
    }
}

fn letter(column: usize) -> char {
    ('a'..='z').chain('A'..='Z').nth(column).unwrap_or('?')
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for (column, name) in self.columns.iter().enumerate() {
            writeln!(f, "  {} {name}", letter(column))?;
        }
        write!(f, "\n{:24}", "")?;
        for column in 0..self.columns.len() {
            write!(f, " {}", letter(column))?;
        }
        for (row, name) in self.rows.iter().enumerate() {
            write!(f, "\n{name:24}")?;
            for column in 0..self.columns.len() {
                write!(f, " {}", mark(cells.get(&(row, column))))?;
            }
        }
        writeln!(
            f,
            "\n\n  = the run got over it   + the next apply continued   ! the printed command \
             or import block continued\n  t the next apply continued, and the next lease swept what was left after \
             its ttl\n  s Terraform lost its state to a second interrupt; the next apply continued with \
             the former one   X did not converge\n"
        )?;
        for ((row, column), cell) in &*cells {
            let place = format!("{}, {}", self.rows[*row], self.columns[*column]);
            match &cell.continued {
                Some(Continued::AsTold(text)) => {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    writeln!(f, "{place}: {}", words.join(" "))?;
                }
                None => writeln!(f, "{place}: DOES NOT CONVERGE")?,
                Some(_) => {}
            }
        }
        let converged = cells.values().filter(|cell| cell.continued.is_some()).count();
        let orphans: usize = cells.values().map(|cell| cell.orphans).sum();
        let duplicates: usize = cells.values().map(|cell| cell.duplicates).sum();
        writeln!(
            f,
            "faults: {} cells, {converged} converged, {orphans} orphans, {duplicates} duplicates",
            cells.len()
        )
    }
}
