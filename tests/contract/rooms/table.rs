//! The tables of rooms in DESIGN.md, and where the code differs from them.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::Uses;

/// The rows of a table, by room.
pub(super) type Table = BTreeMap<String, Row>;

#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) rule: String,
    pub(super) may_use: BTreeSet<String>,
}

/// The table below the heading that names this folder.
pub(super) fn table(design: &str, folder: &str) -> Table {
    let is_heading = |line: &&str| line.starts_with('#') && line.contains(&format!("`{folder}/`"));
    let section = design.lines().skip_while(|line| !is_heading(line)).skip(1);
    let section = section.take_while(|line| !line.starts_with('#'));
    let rows = section.skip_while(|line| *line != "| Room | Rule | May use |").skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let table: Table = rows.map(row).collect();
    assert!(!table.is_empty(), "DESIGN.md has no table of rooms for `{folder}/`");
    table
}

fn row(line: &str) -> (String, Row) {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [room, rule, may_use] = cells[..] else { panic!("a row has three cells: {line}") };
    let may_use = may_use.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    (room.trim_matches('`').to_owned(), Row { rule: rule.to_owned(), may_use })
}

/// The room of a file: the top-level file or folder in `folder`. Files that join
/// rooms, such as `lib.rs`, are in none.
pub(super) fn room<'a>(folder: &str, file: &'a str) -> Option<&'a str> {
    let (first, _) = file.strip_prefix(folder)?.strip_prefix('/')?.split_once(['/', '.'])?;
    (!["lib", "main", "mod"].contains(&first)).then_some(first)
}

/// Where the rooms in `folder` differ from the table.
pub(super) fn differences(folder: &str, table: &Table, uses: &Uses) -> Vec<String> {
    let present: BTreeSet<&str> = uses.files.iter().filter_map(|file| room(folder, file)).collect();
    let missing = present.iter().filter(|room| !table.contains_key(**room));
    let mut found: Vec<String> =
        missing.map(|room| format!("{folder}: DESIGN.md does not list `{room}`")).collect();
    for name in table.keys().filter(|name| !present.contains(name.as_str())) {
        found.push(format!("{folder}: DESIGN.md lists `{name}`, which does not exist"));
    }
    let mut used = BTreeSet::new();
    for ((from, to), names) in &uses.between {
        let (Some(user), Some(other)) = (room(folder, from), room(folder, to)) else { continue };
        let Some(row) = table.get(user).filter(|_| user != other) else { continue };
        used.insert((user, other));
        if !row.may_use.contains(other) {
            let allowed: Vec<&str> = row.may_use.iter().map(String::as_str).collect();
            let allowed =
                if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
            for (name, line) in names {
                found.push(format!(
                    "{from}:{line} uses {name} of {to}, but `{user}` may use {allowed}"
                ));
            }
        }
    }
    for (user, row) in table {
        for other in row.may_use.iter().filter(|other| !used.contains(&(user, other))) {
            found.push(format!("{folder}: `{user}` may use `{other}`, but does not"));
        }
    }
    found
}

/// The first sentence of a file's `//!` comment.
pub(super) fn first_sentence(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
    let text = lines.collect::<Vec<_>>().join(" ");
    match text.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => text,
    }
}
