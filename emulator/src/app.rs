//! What all requests share: the store, the token service, the journal and the faults.

use crate::clock::Clock;
use crate::error::{ApiError, ErrorKind, Result};
use crate::exports::Proxy;
use crate::faults::Faults;
use crate::iam::tokens::Tokens;
use crate::journal::Journal;
use crate::model::State;
use crate::model::timestamp::Timestamp;
use crate::store::{Done, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
    /// The current second, and how many requests each instance has had in it.
    pub rates: Mutex<(Timestamp, BTreeMap<String, u32>)>,
    /// Names under which the emulator may be called, besides its own.
    pub hosts: Vec<String>,
    /// How long a client may take to send a body.
    pub patience: Duration,
    /// The proxy for IBM's host names, if its authority is in a file that clients can be told.
    pub proxy: Option<Proxy>,
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

    /// Counts a request to an instance, and refuses it if the instance has had too many in this
    /// second of the emulator's clock.
    pub fn admit(&self, instance_id: &str) -> Result<()> {
        let limit = self.store.switches().rate_limit_per_second;
        if limit == 0 {
            return Ok(());
        }
        let now = self.store.clock().now();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.0 != now {
            *rates = (now, BTreeMap::new());
        }
        let count = rates.1.entry(instance_id.to_owned()).or_default();
        *count = count.saturating_add(1);
        if *count > limit {
            return Err(ApiError::new(
                ErrorKind::TooManyRequests,
                format!("The instance answers at most {limit} requests in a second."),
            ));
        }
        Ok(())
    }

    /// A new trace id for an exchange.
    pub fn trace(&self) -> String {
        let number = self.traces.fetch_add(1, Ordering::Relaxed);
        format!("emulator-{number:08}")
    }
}
