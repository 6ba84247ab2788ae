//! Changes of files, written as a patch without context, so that no other line of a
//! configuration is repeated: it could hold a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::place::Place;

/// One change of a file: its lines `first` to `last` (counted from 1) become `text`; an
/// insertion has `last` before `first`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hunk {
    first: usize,
    last: usize,
    text: String,
    heading: String,
}

/// The changes of some files.
#[derive(Debug, Default)]
pub(super) struct Patch {
    hunks: BTreeMap<String, BTreeSet<Hunk>>,
    /// What each new or longer file gets.
    added: BTreeMap<String, String>,
}

impl Patch {
    /// Adds a line as the first of a block.
    pub(super) fn open(&mut self, place: &Place, source: &str, line: &str) {
        let Some((bytes, first)) = place.bytes.clone().zip(place.line) else { return };
        let block = source.get(bytes.clone()).unwrap_or_default();
        let before = source.get(..bytes.start).unwrap_or_default();
        let indent: String = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .take_while(|letter| letter.is_whitespace())
            .collect();
        let heading = block.lines().next().unwrap_or_default();
        let heading = heading.split('{').next().unwrap_or_default().trim_end().to_owned();
        let line = format!("{indent}  {line}\n");
        let closed = block.trim_end().split_once('{').and_then(|(head, rest)| {
            Some((head, rest.strip_suffix('}')?)).filter(|(_, inner)| !inner.contains('\n'))
        });
        match closed {
            // A block on one line has room for one argument only.
            Some((head, inner)) => {
                let inner = inner.trim();
                let inner = match inner {
                    "" => String::new(),
                    inner => format!("{indent}  {inner}\n"),
                };
                let after = source.get(bytes.end..).unwrap_or_default();
                let after = after.lines().next().unwrap_or_default();
                let after = if block.ends_with('\n') { "" } else { after };
                let text = format!("{indent}{head}{{\n{line}{inner}{indent}}}{after}\n");
                self.hunk(&place.file, Hunk { first, last: first, text, heading });
            }
            None => {
                let hunk = Hunk { first: first + 1, last: first, text: line, heading };
                self.hunk(&place.file, hunk);
            }
        }
    }

    /// Puts `text` in the place of what stands there, within its lines.
    pub(super) fn replace(&mut self, place: &Place, source: &str, text: &str) {
        let Some((bytes, first)) = place.bytes.clone().zip(place.line) else { return };
        let replaced = source.get(bytes.clone()).unwrap_or_default().trim_end_matches('\n');
        let last = first + replaced.matches('\n').count();
        let before = source.get(..bytes.start).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        let after = source.get(bytes.start + replaced.len()..).unwrap_or_default();
        let after = after.lines().next().unwrap_or_default();
        let text = format!("{before}{text}{after}\n");
        self.hunk(&place.file, Hunk { first, last, text, heading: String::new() });
    }

    /// Adds to the end of a file, or makes one.
    pub(super) fn append(&mut self, file: &str, text: &str) {
        let added = self.added.entry(file.to_owned()).or_default();
        if !added.contains(text) {
            if !added.is_empty() {
                added.push('\n');
            }
            added.push_str(text);
        }
    }

    fn hunk(&mut self, file: &str, hunk: Hunk) {
        self.hunks.entry(file.to_owned()).or_default().insert(hunk);
    }

    /// The whole patch, for `patch -p0`. Files that exist are in `sources`.
    pub(super) fn text(mut self, sources: &BTreeMap<&str, &str>) -> String {
        let mut text = String::new();
        for (file, added) in &self.added {
            match sources.get(file.as_str()) {
                Some(source) => {
                    // Nothing can follow a line without an end unless that line is repeated.
                    let (after, text) = if source.ends_with('\n') {
                        (source.lines().count(), format!("\n{added}"))
                    } else {
                        (0, format!("{added}\n"))
                    };
                    let hunk = Hunk { first: after + 1, last: after, text, heading: String::new() };
                    self.hunks.entry(file.clone()).or_default().insert(hunk);
                }
                None => {
                    let lines = added.lines().count();
                    let _ = writeln!(text, "--- /dev/null\n+++ {file}\n@@ -0,0 +1,{lines} @@");
                    plus(&mut text, added, "\n");
                }
            }
        }
        for (file, hunks) in &self.hunks {
            let _ = writeln!(text, "--- {file}\n+++ {file}");
            let source = sources.get(file.as_str()).copied().unwrap_or_default();
            let lines: Vec<&str> = source.split_inclusive('\n').collect();
            // `patch` compares whole lines, and a file keeps its ends of lines.
            let is_dos = lines.first().is_some_and(|line| line.ends_with("\r\n"));
            let end = if is_dos { "\r\n" } else { "\n" };
            // How many lines more the file has by now; lines are few enough.
            let mut longer = 0_isize;
            for Hunk { first, last, text: new, heading } in hunks {
                let removed = (last + 1).saturating_sub(*first);
                let added = new.lines().count();
                let old_start = if removed == 0 { *last } else { *first };
                let new_start = first.saturating_add_signed(longer);
                let _ =
                    writeln!(text, "@@ -{old_start},{removed} +{new_start},{added} @@ {heading}");
                for line in lines.iter().skip(first - 1).take(removed) {
                    let _ = write!(text, "-{line}");
                    if !line.ends_with('\n') {
                        text.push_str("\n\\ No newline at end of file\n");
                    }
                }
                plus(&mut text, new, end);
                longer += added.cast_signed() - removed.cast_signed();
            }
        }
        text
    }
}

fn plus(text: &mut String, added: &str, end: &str) {
    for line in added.lines() {
        let _ = write!(text, "+{line}{end}");
    }
}
