//! What all requests share: the store, the token service, the journal and the faults.

use crate::clock::Clock;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::iam::tokens::Tokens;
use crate::journal::Journal;
use crate::model::State;
use crate::store::{Done, Store};
use std::sync::atomic::{AtomicU64, Ordering};

/// The parts of a running emulator.
pub struct App {
    /// The state of the emulator.
    pub store: Store,
    /// The key pair of the token service.
    pub tokens: Tokens,
    /// The last requests and responses.
    pub journal: Journal,
    /// The faults to inject.
    pub faults: Faults,
    /// The number of the next exchange.
    pub traces: AtomicU64,
    /// Names under which the emulator may be called, besides its own.
    pub hosts: Vec<String>,
    /// Whether each request is logged to stderr.
    pub log: bool,
    /// The state that a reset restores.
    pub initial_state: State,
    /// The clock that a reset restores.
    pub initial_clock: Clock,
}

impl App {
    /// The outcome of a request that is refused without a transaction.
    pub fn refused<R>(&self, error: ApiError) -> Done<R> {
        Done { at: self.store.clock().now(), outcome: Err(error), receipt: Default::default() }
    }

    /// A new trace id for an exchange.
    pub fn trace(&self) -> String {
        let number = self.traces.fetch_add(1, Ordering::Relaxed);
        format!("emulator-{number:08}")
    }
}
