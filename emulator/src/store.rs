//! The one owner of what exists: every request is one step that happens whole or not at all.

use crate::clock::Clock;
use crate::engine::schedule;
use crate::ids::Ids;
use crate::model::State;
use crate::model::timestamp::Timestamp;
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
/// It is a `std` mutex: steps are short and never wait for input or output.
pub struct Store {
    core: Mutex<Core>,
}

struct Core {
    state: State,
    clock: Clock,
    ids: Ids,
    /// No lease ends and no rotation is due before then.
    next_due: Timestamp,
}

impl Store {
    /// A store with that content and clock.
    pub fn new(state: State, clock: Clock, ids: Ids) -> Self {
        Self {
            core: Mutex::new(Core {
                state,
                clock,
                ids,
                next_due: Timestamp::EPOCH,
            }),
        }
    }

    /// Does one step at the clock's time, after everything that was due until then, and says when
    /// that was. A refused step changes nothing.
    pub fn step<R>(&self, work: impl FnOnce(&mut Step<'_>) -> Result<R>) -> (Timestamp, Result<R>) {
        let mut core = self.lock();
        let core = &mut *core;
        let now = core.catch_up();
        let outcome = work(&mut Step {
            state: &mut core.state,
            ids: &mut core.ids,
            now,
        });
        match &outcome {
            Ok(_) => core.commit(),
            Err(_) => core.state.rollback(),
        }
        (now, outcome)
    }

    /// What exists now.
    pub fn state(&self) -> State {
        let mut core = self.lock();
        core.catch_up();
        core.state.clone()
    }

    /// Replaces what exists.
    pub fn replace(&self, state: State) {
        let mut core = self.lock();
        core.state = state;
        core.next_due = Timestamp::EPOCH;
        core.catch_up();
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.lock().clock
    }

    /// Sets the clock; what is due on the way happens at its own time.
    pub fn set_clock(&self, clock: Clock) {
        let mut core = self.lock();
        core.clock = clock;
        core.catch_up();
    }

    /// Moves the clock forward; what is due on the way happens at its own time.
    pub fn advance(&self, seconds: u32) -> Clock {
        let mut core = self.lock();
        core.clock = core.clock.advanced(i64::from(seconds));
        core.catch_up();
        core.clock
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
            self.state.commit();
        }
        now
    }

    fn commit(&mut self) {
        let earliest = self
            .state
            .secrets_manager
            .secrets
            .touched()
            .filter_map(|(_, secret)| schedule::next_due(secret?))
            .min();
        if let Some(due) = earliest {
            self.next_due = self.next_due.min(due);
        }
        self.state.commit();
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
        let (_, refused): (_, Result<()>) = store.step(|step| {
            step.state.iam.service_ids.remove(seed::STATIC_SERVICE_ID);
            step.state
                .iam
                .create_service_id(Default::default(), step.ids, step.now);
            Err(Refusal::not_found("Anything", "x"))
        });
        assert!(refused.is_err());
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
