//! Searches all that a run leaves for every secret of the scenario: output, logs,
//! states, plans, temporary files, and whatever else is in its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zip::ZipArchive;

use super::forms::Search;
use super::secrecy::{Secrets, without_held};

/// A plan file begins with these.
const ZIP: &[u8] = b"PK\x03\x04";
/// As many hits are shown.
const SHOWN: usize = 20;

/// What all scenarios together searched.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    planted: usize,
    files: usize,
    hits: usize,
}

/// One search.
pub(crate) struct Leaks<'a> {
    secrets: &'a Secrets,
    search: Search,
    /// What the test itself wrote: as long as a file has one of these texts, nobody
    /// else wrote into it.
    own: &'a BTreeSet<String>,
    /// Files that hold secrets.
    holders: &'a BTreeMap<String, String>,
    /// What the configuration asks to have in plans, and states hold.
    asked_for: BTreeSet<String>,
    files: usize,
    hits: Vec<String>,
}

impl Tally {
    /// Counts secrets that were planted.
    pub(crate) fn plant(&self, planted: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).planted += planted;
    }

    fn count(&self, files: usize, hits: usize) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.files += files;
        counts.hits += hits;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { planted, files, hits } =
            &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(f, "leaks: {planted} planted values, {files} files searched, {hits} hits")
    }
}

impl<'a> Leaks<'a> {
    /// A search for these secrets.
    pub(crate) fn of(
        secrets: &'a Secrets,
        own: &'a BTreeSet<String>,
        holders: &'a BTreeMap<String, String>,
        asked_for: BTreeSet<String>,
    ) -> Result<Leaks<'a>> {
        let search = Search::of(secrets.keys())?;
        Ok(Leaks { secrets, search, own, holders, asked_for, files: 0, hits: Vec::new() })
    }

    /// Searches what a command printed, or any other text that may have no secret.
    pub(crate) fn text(&mut self, place: &str, bytes: &[u8]) {
        self.bytes(place, bytes, &BTreeSet::new());
    }

    /// Searches every file below this folder: first the states, so that plans may have
    /// what these were asked to hold.
    pub(crate) fn folder(&mut self, folder: &Path) -> Result<()> {
        let mut paths = Vec::new();
        files(folder, &mut paths)?;
        paths.sort_by_key(|path| !is_state(path));
        for path in paths {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            let place = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            let held = self.file(&place, &bytes);
            // A backup is of a state that asked for more, perhaps.
            if path.extension().is_some_and(|extension| extension == "tfstate") {
                self.asked_for.extend(held);
            }
        }
        Ok(())
    }

    /// Ok if nothing was found.
    pub(crate) fn end(self, tally: &Tally) -> Result<()> {
        tally.count(self.files, self.hits.len());
        let shown = self.hits.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
        ensure!(self.hits.is_empty(), "{} leaks:\n{shown}", self.hits.len());
        Ok(())
    }

    /// Searches a file, and returns what it was asked to hold if it is a state.
    fn file(&mut self, place: &str, bytes: &[u8]) -> BTreeSet<String> {
        let is_own = str::from_utf8(bytes).is_ok_and(|text| self.own.contains(text));
        if is_own || self.holders.contains_key(place) {
            return BTreeSet::new();
        }
        if is_state(Path::new(place)) {
            return self.state(place, bytes);
        }
        if !bytes.starts_with(ZIP) {
            self.text(place, bytes);
        } else if let Err(reason) = self.plan(place, bytes) {
            self.hits.push(format!("{place} cannot be searched: {reason:#}"));
        }
        BTreeSet::new()
    }

    /// Searches a state, and returns what it was asked to hold.
    fn state(&mut self, place: &str, bytes: &[u8]) -> BTreeSet<String> {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(state) => {
                let (rest, held) = without_held(state);
                self.text(place, rest.to_string().as_bytes());
                held
            }
            // Terraform leaves an empty file if it is killed before it writes.
            Err(_) => {
                self.text(place, bytes);
                BTreeSet::new()
            }
        }
    }

    /// Searches the parts of a plan. What the states in it were asked to hold, and what
    /// the configuration asks for, may be in the planned changes.
    fn plan(&mut self, place: &str, bytes: &[u8]) -> Result<()> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        let mut changes = Vec::new();
        let mut asked_for = self.asked_for.clone();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index)?;
            let (name, mut bytes) = (part.name()?.into_owned(), Vec::new());
            part.read_to_end(&mut bytes)?;
            let place = format!("{place}, {name}");
            match name.as_str() {
                "tfplan" => changes.push((place, bytes)),
                "tfstate" | "tfstate-prev" => asked_for.extend(self.state(&place, &bytes)),
                _ => drop(self.file(&place, &bytes)),
            }
        }
        ensure!(!changes.is_empty(), "it has no changes");
        for (place, bytes) in changes {
            self.bytes(&place, &bytes, &asked_for);
        }
        Ok(())
    }

    fn bytes(&mut self, place: &str, bytes: &[u8], allowed: &BTreeSet<String>) {
        self.files += 1;
        for (secret, form) in self.search.find(bytes) {
            if !allowed.contains(secret) {
                self.hits.push(format!("{place}: {}, {form}", self.secrets[secret]));
            }
        }
    }
}

/// Adds every file below this folder. Links lead to the programs.
fn files(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, paths)?;
        } else if path.is_file() && !path.is_symlink() {
            paths.push(path);
        }
    }
    Ok(())
}

/// Whether this is the name of a state or of a backup of one.
fn is_state(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains("tfstate"))
}
