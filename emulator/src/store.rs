//! Owns the state: every request is one transaction, applied completely or not at all.

use crate::clock::{Clock, Mode};
use crate::durable::{Change, Collector, Receipt, Writer};
use crate::error::{ApiError, ErrorKind, Result};
use crate::ids::Ids;
use crate::model::timestamp::Timestamp;
use crate::model::{State, Switches};
use crate::secrets_manager::schedule;
use crate::transaction::Transaction;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// State, clock and ids behind one lock.
///
/// It is a `std` mutex: transactions are short and never wait for I/O. Changes for the disk are
/// queued in order under the lock, and awaited with the receipt outside it. Only after a write that
/// failed, the next one waits for the disk, from which it takes what is true.
pub struct Store {
    core: Mutex<Core>,
    /// Tells that the next event may be due earlier than before.
    rescheduled: Notify,
}

struct Core {
    state: State,
    clock: Clock,
    ids: Ids,
    /// Nothing is due before then.
    next_due: Timestamp,
    writer: Option<Writer>,
    /// Changes that go to the writer with the next receipt.
    pending: Vec<Change>,
}

/// A finished transaction.
#[derive(Debug)]
pub struct Done<R> {
    /// When it ran.
    pub at: Timestamp,
    /// Its result.
    pub outcome: Result<R>,
    /// Confirms that its changes are on disk.
    pub receipt: Receipt,
}

impl Store {
    /// A store with that state and clock, in memory.
    pub fn new(state: State, clock: Clock, ids: Ids) -> Self {
        Self::with_writer(state, clock, ids, None)
    }

    /// A store whose changes go to `writer`.
    pub fn durable(state: State, clock: Clock, ids: Ids, writer: Writer) -> Self {
        Self::with_writer(state, clock, ids, Some(writer))
    }

    fn with_writer(state: State, clock: Clock, ids: Ids, writer: Option<Writer>) -> Self {
        Self {
            core: Mutex::new(Core {
                state,
                clock,
                ids,
                next_due: Timestamp::EPOCH,
                writer,
                pending: Vec::new(),
            }),
            rescheduled: Notify::new(),
        }
    }

    /// Runs one transaction at the clock's time, after everything that was due until then. A
    /// transaction that fails changes nothing.
    pub fn transact<R>(&self, work: impl FnOnce(&mut Transaction<'_>) -> Result<R>) -> Done<R> {
        let mut core = self.lock();
        let core = &mut *core;
        if core.has_failed() {
            return Done {
                at: core.clock.now(),
                outcome: Err(ApiError::new(
                    ErrorKind::Internal,
                    "The data folder cannot be read after a failed write.",
                )),
                receipt: Receipt::default(),
            };
        }
        let at = core.catch_up();
        let planned = core.next_due;
        let outcome =
            work(&mut Transaction { state: &mut core.state, ids: &mut core.ids, now: at });
        match &outcome {
            Ok(_) => core.keep(),
            Err(_) => core.state.rollback(),
        }
        if core.next_due < planned {
            self.rescheduled.notify_one();
        }
        Done { at, outcome, receipt: core.queue() }
    }

    /// Runs everything that is due; nothing if the data folder cannot be read.
    pub fn run_due(&self) -> Option<Receipt> {
        let mut core = self.lock();
        if core.has_failed() {
            return None;
        }
        core.catch_up();
        Some(core.queue())
    }

    /// How long it takes until something is due; never, if nothing is or the clock stands still.
    pub fn until_due(&self) -> Option<Duration> {
        let core = self.lock();
        if core.clock.mode() == Mode::Frozen || core.next_due == Timestamp::LAST {
            return None;
        }
        let seconds = core.next_due.unix().saturating_sub(core.clock.now().unix());
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Waits until the next event may be due earlier than before.
    pub async fn rescheduled(&self) {
        self.rescheduled.notified().await;
    }

    /// The clock, and when the next lease ends or rotation is scheduled. Runs nothing.
    pub fn schedule(&self) -> (Clock, Option<Timestamp>) {
        let core = self.lock();
        (core.clock, schedule::earliest(&core.state))
    }

    /// The current state.
    pub fn state(&self) -> State {
        let mut core = self.lock();
        core.catch_up();
        core.state.clone()
    }

    /// The switches.
    pub fn switches(&self) -> Switches {
        self.lock().state.switches
    }

    /// Sets the switches.
    pub fn set_switches(&self, switches: Switches) -> Receipt {
        let mut core = self.lock();
        core.state.switches = switches;
        core.pending.push(Change::switches(switches));
        core.queue()
    }

    /// Replaces the state.
    pub fn replace(&self, state: State) -> Receipt {
        let mut core = self.lock();
        core.state = state;
        core.next_due = Timestamp::EPOCH;
        core.pending_everything();
        core.catch_up();
        self.rescheduled.notify_one();
        core.queue()
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.lock().clock
    }

    /// Sets the clock; everything due by then runs at its own time.
    pub fn set_clock(&self, clock: Clock) -> Receipt {
        let receipt = self.lock().move_clock(clock);
        self.rescheduled.notify_one();
        receipt
    }

    /// Moves the clock forward; everything due by then runs at its own time.
    pub fn advance(&self, seconds: u32) -> Receipt {
        let mut core = self.lock();
        let clock = core.clock.advanced(i64::from(seconds));
        self.rescheduled.notify_one();
        core.move_clock(clock)
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        let mut core = self.core.lock().unwrap_or_else(|poisoned| {
            // A transaction that panicked is rolled back.
            let mut core = PoisonError::into_inner(poisoned);
            core.state.rollback();
            self.core.clear_poison();
            core
        });
        core.recover();
        core
    }
}

impl Core {
    fn has_failed(&self) -> bool {
        self.writer.as_ref().is_some_and(Writer::has_failed)
    }

    /// After a write that failed, memory holds what its caller was refused: the disk is right.
    fn recover(&mut self) {
        let failed = self.writer.as_ref().filter(|writer| writer.has_failed());
        if let Some((state, clock)) = failed.and_then(Writer::reload) {
            self.state = state;
            self.clock = clock;
            self.next_due = Timestamp::EPOCH;
        }
    }

    /// Runs everything that is due, and returns the current time.
    fn catch_up(&mut self) -> Timestamp {
        let now = self.clock.now();
        if now >= self.next_due {
            self.next_due = schedule::run(&mut self.state, &mut self.ids, now);
            self.keep();
        }
        now
    }

    fn move_clock(&mut self, clock: Clock) -> Receipt {
        self.clock = clock;
        self.pending.push(Change::clock(clock));
        self.catch_up();
        self.queue()
    }

    /// Commits the changes.
    fn keep(&mut self) {
        let secrets = self.state.secrets_manager.secrets.touched();
        let secrets = secrets.filter_map(|(_, secret)| schedule::next_due(secret?));
        let keys = self.state.iam.api_keys.touched();
        let keys = keys.filter_map(|(_, key)| key?.purge_at());
        if let Some(due) = secrets.chain(keys).min() {
            self.next_due = self.next_due.min(due);
        }
        self.collect(false);
        self.state.commit();
    }

    fn pending_everything(&mut self) {
        self.pending.push(Change::Clear);
        self.pending.push(Change::clock(self.clock));
        self.pending.push(Change::switches(self.state.switches));
        self.collect(true);
    }

    fn collect(&mut self, all: bool) {
        if self.writer.is_some() {
            let mut collector = Collector { all, changes: std::mem::take(&mut self.pending) };
            self.state.visit(&mut collector);
            self.pending = collector.changes;
        }
    }

    /// Hands pending changes to the writer.
    fn queue(&mut self) -> Receipt {
        let pending = std::mem::take(&mut self.pending);
        match &self.writer {
            Some(writer) if !pending.is_empty() => writer.queue(pending),
            _ => Receipt::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::iam::Account;

    fn account(id: &str) -> Account {
        let name = "Emulated account".to_owned();
        Account {
            id: id.to_owned(),
            name,
            restrict_create_service_id: false,
            settings: Default::default(),
            revision: 0,
            limits: Default::default(),
        }
    }

    fn store() -> Store {
        let now = "2026-01-10T09:00:00Z".parse().unwrap();
        let mut state = State::default();
        state.iam.accounts.insert(account("a"));
        state.commit();
        Store::new(state, Clock::Frozen(now), Ids::new(Some(1)))
    }

    #[test]
    fn a_failed_transaction_changes_nothing() {
        let store = store();
        let before = serde_json::to_value(store.state()).unwrap();
        let failed: Done<()> = store.transact(|tx| {
            tx.state.iam.accounts.remove("a");
            tx.state.iam.accounts.insert(account("b"));
            Err(ApiError::not_found("Anything", "x"))
        });
        assert!(failed.outcome.is_err());
        assert_eq!(serde_json::to_value(store.state()).unwrap(), before);
    }

    #[test]
    fn a_transaction_that_panics_changes_nothing_and_the_next_one_works() {
        let store = store();
        let before = serde_json::to_value(store.state()).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.transact(|tx| -> Result<()> {
                tx.state.iam.accounts.remove("a");
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(serde_json::to_value(store.state()).unwrap(), before);
        let done = store.transact(|tx| Ok(tx.state.iam.accounts.remove("a").is_some()));
        assert!(done.outcome.unwrap());
    }
}
