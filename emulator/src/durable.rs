//! Persists the state in a folder, so that everything acknowledged survives the process.
//!
//! It uses redb, an embedded store in pure Rust with transactions, checksums and a stable file
//! format: a commit is on disk before it returns, a torn one is not seen after a crash, and the
//! file is locked against a second process.

use crate::clock::Clock;
use crate::error::{ApiError, ErrorKind, Result};
use crate::iam::tokens::Tokens;
use crate::model::table::{Row, Table};
use crate::model::{State, Switches, Visitor};
use crate::private;
use anyhow::Context as _;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError,
    TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

/// Rows as JSON, by `<table>/<key>`.
const ROWS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("rows");
/// Single values as JSON or bytes, by name.
const SINGLES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("singles");
const FILE: &str = "emulator.redb";
const CLOCK: &str = "clock";
const SWITCHES: &str = "switches";
const TOKEN_KEY: &str = "token-key";
/// The memory that redb may use for pages.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

const ADVICE: &str = "it is damaged, or not a file of this emulator. Restore it from a copy, or move it away to start with the initial state";

/// One change to the stored state.
#[derive(Debug)]
pub enum Change {
    /// All rows are removed.
    Clear,
    /// A row is written, or removed if there is no value.
    Row(String, Option<Vec<u8>>),
    /// A single value is written.
    Single(&'static str, Vec<u8>),
}

impl Change {
    /// A change of the clock.
    pub fn clock(clock: Clock) -> Self {
        Self::Single(CLOCK, json(&clock))
    }

    /// A change of the switches.
    pub fn switches(switches: Switches) -> Self {
        Self::Single(SWITCHES, json(&switches))
    }
}

/// Confirms that a batch of changes is on disk.
#[derive(Debug, Default)]
pub struct Receipt(Option<oneshot::Receiver<bool>>);

impl Receipt {
    /// Waits until the changes are on disk.
    pub async fn written(self) -> Result<()> {
        let written = match self.0 {
            None => true,
            Some(receiver) => receiver.await.unwrap_or(false),
        };
        if written {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Internal, "The change could not be written to the disk."))
    }
}

struct Batch {
    changes: Vec<Change>,
    done: oneshot::Sender<bool>,
}

enum Order {
    Write(Batch),
    /// Answers with what is on disk, or with nothing while that cannot be read.
    Reload(mpsc::Sender<Option<(State, Clock)>>),
}

/// Takes batches in order and writes them on a thread of its own.
#[derive(Debug)]
pub struct Writer {
    orders: mpsc::Sender<Order>,
    failed: Arc<AtomicBool>,
}

impl Writer {
    /// Queues a batch. Batches reach the disk in the order of these calls.
    pub fn queue(&self, changes: Vec<Change>) -> Receipt {
        let (done, receiver) = oneshot::channel();
        // If the writer has ended, `done` is dropped, and the receipt reports a failure.
        let _ = self.orders.send(Order::Write(Batch { changes, done }));
        Receipt(Some(receiver))
    }

    /// Whether a batch could not be written. From then on all are refused, since they build on it,
    /// until [`Self::reload`] succeeds.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// What is on disk, after all batches queued so far have been written or refused.
    pub fn reload(&self) -> Option<(State, Clock)> {
        let (answer, reloaded) = mpsc::channel();
        self.orders.send(Order::Reload(answer)).ok()?;
        reloaded.recv().ok().flatten()
    }
}

/// An open data folder.
pub struct Kept {
    /// Writes further changes.
    pub writer: Writer,
    /// The state and the clock of the last run; none in a new folder.
    pub last: Option<(State, Clock)>,
    /// The token service's key pair: tokens stay valid after a restart.
    pub tokens: Tokens,
}

/// Opens the folder, or creates it. Fails if another process has it open, and if what is there is not
/// exactly what was last acknowledged.
pub fn open(folder: &Path) -> anyhow::Result<Kept> {
    let path = folder.join(FILE);
    let shown = path.display();
    private::folder(folder, FILE).with_context(|| format!("cannot make {}", folder.display()))?;
    // Why it cannot be made, if so, the next line tells.
    let is_new = File::create_new(&path).is_ok();
    private::file(&path).with_context(|| format!("cannot open {shown}"))?;
    let opened = open_database(&path, is_new).and_then(|database| {
        let tokens = prepare(&database)
            .with_context(|| format!("cannot write {shown}; if its disk is not full: {ADVICE}"))?;
        Ok((database, tokens))
    });
    if is_new && opened.is_err() {
        // The next start would take what is left for a damaged file.
        let _ = fs::remove_file(&path);
    }
    let (database, tokens) = opened?;
    let last = load(&database).with_context(|| format!("cannot read {shown}: {ADVICE}"))?;
    let (sender, orders) = mpsc::channel();
    let failed = Arc::new(AtomicBool::new(false));
    let writer = Writer { orders: sender, failed: Arc::clone(&failed) };
    std::thread::Builder::new()
        .name("durable".to_owned())
        .spawn(move || serve(&path, database, &orders, &failed))?;
    Ok(Kept { writer, last, tokens })
}

fn open_database(path: &Path, is_new: bool) -> anyhow::Result<Database> {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    // An empty file that was there before has lost what was in it.
    let opened = if is_new { builder.create(path) } else { builder.open(path) };
    opened.map_err(|error| {
        let reason = match &error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                "is another emulator using the folder?"
            }
            DatabaseError::Storage(StorageError::Io(error)) if error.raw_os_error().is_some() => {
                "the system refuses"
            }
            _ => ADVICE,
        };
        anyhow::Error::from(error).context(format!("cannot open {}: {reason}", path.display()))
    })
}

/// Makes what a new file lacks; returns the token service's key pair.
fn prepare(database: &Database) -> anyhow::Result<Tokens> {
    let write = begin(database)?;
    write.open_table(ROWS)?;
    let tokens = {
        let mut singles = write.open_table(SINGLES)?;
        let known = singles.get(TOKEN_KEY)?.map(|key| Tokens::from_pkcs8(key.value()));
        match known {
            Some(tokens) => tokens?,
            None => {
                let (tokens, key) = Tokens::generate()?;
                singles.insert(TOKEN_KEY, key.as_slice())?;
                tokens
            }
        }
    };
    write.commit()?;
    Ok(tokens)
}

fn load(database: &Database) -> anyhow::Result<Option<(State, Clock)>> {
    let read = database.begin_read()?;
    let singles = read.open_table(SINGLES)?;
    let Some(clock) = singles.get(CLOCK)? else {
        return Ok(None);
    };
    let clock = serde_json::from_slice(clock.value())?;
    let mut state = State::default();
    if let Some(switches) = singles.get(SWITCHES)? {
        state.switches = serde_json::from_slice(switches.value())?;
    }
    let mut rows = Vec::new();
    for row in read.open_table(ROWS)?.iter()? {
        let (key, value) = row?;
        rows.push((key.value().to_owned(), value.value().to_vec()));
    }
    let mut loader = Loader { rows, loaded: 0, error: None };
    state.visit(&mut loader);
    if let Some(error) = loader.error {
        return Err(error);
    }
    anyhow::ensure!(loader.loaded == loader.rows.len(), "there are rows of an unknown kind");
    state.commit();
    Ok(Some((state, clock)))
}

/// Carries out orders until all senders are gone; batches that wait together share one commit.
fn serve(path: &Path, database: Database, orders: &mpsc::Receiver<Order>, failed: &AtomicBool) {
    let mut database = Some(database);
    while let Ok(first) = orders.recv() {
        let mut group = Vec::new();
        let mut reload = None;
        for order in std::iter::once(first).chain(orders.try_iter()) {
            match order {
                Order::Write(batch) => group.push(batch),
                Order::Reload(answer) => {
                    reload = Some(answer);
                    break;
                }
            }
        }
        let ready = database.as_ref().filter(|_| !failed.load(Ordering::SeqCst));
        let changes = group.iter().flat_map(|batch| &batch.changes);
        let written = ready.is_some_and(|database| match write(database, changes) {
            Ok(()) => true,
            Err(error) => {
                eprintln!("error: cannot write to the data folder: {error}");
                false
            }
        });
        if !written && !group.is_empty() {
            failed.store(true, Ordering::SeqCst);
        }
        for batch in group {
            // Fails only if nobody is waiting any more.
            let _ = batch.done.send(written);
        }
        if let Some(answer) = reload {
            // After a failure redb refuses everything until the file has been opened again.
            drop(database.take());
            let opened = open_database(path, false).and_then(|opened| Ok((load(&opened)?, opened)));
            let last = match opened {
                Ok((last, opened)) => {
                    database = Some(opened);
                    failed.store(false, Ordering::SeqCst);
                    last
                }
                Err(error) => {
                    eprintln!("error: {error:#}");
                    None
                }
            };
            // The store waits for it.
            let _ = answer.send(last);
        }
    }
}

/// A transaction that is flushed before it counts. In one phase, redb takes a damaged page of the last
/// commit for a commit that was never finished, and silently goes back to the one before.
fn begin(database: &Database) -> anyhow::Result<WriteTransaction> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn write<'a>(database: &Database, changes: impl Iterator<Item = &'a Change>) -> anyhow::Result<()> {
    let transaction = begin(database)?;
    {
        let mut rows = transaction.open_table(ROWS)?;
        let mut singles = transaction.open_table(SINGLES)?;
        for change in changes {
            match change {
                Change::Clear => rows.retain(|_, _| false)?,
                Change::Row(key, Some(value)) => {
                    rows.insert(key.as_str(), value.as_slice())?;
                }
                Change::Row(key, None) => {
                    rows.remove(key.as_str())?;
                }
                Change::Single(name, value) => {
                    singles.insert(*name, value.as_slice())?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

struct Loader {
    rows: Vec<(String, Vec<u8>)>,
    loaded: usize,
    error: Option<anyhow::Error>,
}

impl Visitor for Loader {
    fn visit<T: Row + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
        table: &mut Table<T>,
    ) {
        let prefix = format!("{name}/");
        for (key, value) in &self.rows {
            if !key.starts_with(&prefix) {
                continue;
            }
            match serde_json::from_slice(value) {
                Ok(row) => table.insert(row),
                Err(error) => self.error = Some(anyhow::Error::from(error).context(key.clone())),
            }
            self.loaded += 1;
        }
    }
}

/// Collects rows as changes: those touched since the last commit, or all.
pub struct Collector {
    /// Whether to collect all rows, not only touched ones.
    pub all: bool,
    /// The changes collected so far.
    pub changes: Vec<Change>,
}

impl Visitor for Collector {
    fn visit<T: Row + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
        table: &mut Table<T>,
    ) {
        let of = |key: &str, row: Option<&T>| Change::Row(format!("{name}/{key}"), row.map(json));
        if self.all {
            self.changes.extend(table.values().map(|row| of(&row.key(), Some(row))));
        } else {
            self.changes.extend(table.touched().map(|(key, row)| of(key, row)));
        }
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Rows have string keys and plain values, so serialization does not fail.
    serde_json::to_vec(value).unwrap_or_default()
}
