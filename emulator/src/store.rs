//! The one owner of what exists: every request is one step that happens whole or not at all.

use crate::clock::Clock;
use crate::durable::{Change, Collector, Receipt, Writer};
use crate::engine::schedule;
use crate::ids::Ids;
use crate::model::timestamp::Timestamp;
use crate::model::{State, Switches};
use crate::refusal::Result;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a step works on. `now` does not move during a step.
pub struct Step<'a> {
    /// What exists.
    pub state: &'a mut State,
    /// Makes ids and keys.
    pub ids: &'a mut Ids,
    /// The time of the step.
    pub now: Timestamp,
}

/// State, clock and ids behind one lock.
///
/// It is a `std` mutex: steps are short and never wait for input or output. What has to reach the
/// disk is queued in order under the lock, and waited for with the receipt outside of it.
pub struct Store {
    core: Mutex<Core>,
}

struct Core {
    state: State,
    clock: Clock,
    ids: Ids,
    /// No lease ends and no rotation is due before then.
    next_due: Timestamp,
    writer: Option<Writer>,
    /// What goes to the writer with the next receipt.
    pending: Vec<Change>,
}

/// A step that was done.
#[derive(Debug)]
pub struct Done<R> {
    /// When.
    pub at: Timestamp,
    /// What came out.
    pub outcome: Result<R>,
    /// When it is on the disk.
    pub receipt: Receipt,
}

impl Store {
    /// A store with that content and clock, in memory.
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
        }
    }

    /// Does one step at the clock's time, after everything that was due until then. A refused
    /// step changes nothing.
    pub fn step<R>(&self, work: impl FnOnce(&mut Step<'_>) -> Result<R>) -> Done<R> {
        let mut core = self.lock();
        let core = &mut *core;
        let at = core.catch_up();
        let outcome = work(&mut Step { state: &mut core.state, ids: &mut core.ids, now: at });
        match &outcome {
            Ok(_) => core.keep(),
            Err(_) => core.state.rollback(),
        }
        Done { at, outcome, receipt: core.queue() }
    }

    /// What exists now.
    pub fn state(&self) -> State {
        let mut core = self.lock();
        core.catch_up();
        core.state.clone()
    }

    /// Sets how IBM's open questions are answered.
    pub fn set_switches(&self, switches: Switches) -> Receipt {
        let mut core = self.lock();
        core.state.switches = switches;
        core.pending.push(Change::switches(switches));
        core.queue()
    }

    /// Replaces what exists.
    pub fn replace(&self, state: State) -> Receipt {
        let mut core = self.lock();
        core.state = state;
        core.next_due = Timestamp::EPOCH;
        core.pending_everything();
        core.catch_up();
        core.queue()
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.lock().clock
    }

    /// Sets the clock; what is due on the way happens at its own time.
    pub fn set_clock(&self, clock: Clock) -> Receipt {
        self.lock().move_clock(clock)
    }

    /// Moves the clock forward; what is due on the way happens at its own time.
    pub fn advance(&self, seconds: u32) -> (Clock, Receipt) {
        let mut core = self.lock();
        let clock = core.clock.advanced(i64::from(seconds));
        (clock, core.move_clock(clock))
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(|poisoned| {
            // A step that panicked is a step that did not happen.
            let mut core = PoisonError::into_inner(poisoned);
            core.state.rollback();
            self.core.clear_poison();
            core
        })
    }
}

impl Core {
    /// Does what is due and says what time it is.
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

    /// Keeps what was changed.
    fn keep(&mut self) {
        let touched = self.state.secrets_manager.secrets.touched();
        let earliest = touched.filter_map(|(_, secret)| schedule::next_due(secret?)).min();
        if let Some(due) = earliest {
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

    /// Hands over what is pending.
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
    use crate::refusal::Refusal;
    use crate::seed;

    fn store() -> Store {
        let now = "2026-01-10T09:00:00Z".parse().unwrap();
        Store::new(seed::default_state(), Clock::Frozen(now), Ids::new(Some(1)))
    }

    #[test]
    fn a_refused_step_changes_nothing() {
        let store = store();
        let before = serde_json::to_value(store.state()).unwrap();
        let refused: Done<()> = store.step(|step| {
            step.state.iam.service_ids.remove(seed::STATIC_SERVICE_ID);
            step.state.iam.create_service_id(Default::default(), step.ids, step.now);
            Err(Refusal::not_found("Anything", "x"))
        });
        assert!(refused.outcome.is_err());
        assert_eq!(serde_json::to_value(store.state()).unwrap(), before);
    }

    #[test]
    fn a_step_that_panics_changes_nothing_and_the_next_one_works() {
        let store = store();
        let before = serde_json::to_value(store.state()).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.step(|step| -> Result<()> {
                step.state.iam.service_ids.remove(seed::STATIC_SERVICE_ID);
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(serde_json::to_value(store.state()).unwrap(), before);
    }
}
