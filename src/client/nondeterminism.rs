//! The wall clock and the random jitter, as values that a test can replace.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Where the client takes the time of day and random numbers from.
#[derive(Clone)]
pub(super) struct Nondeterminism {
    /// The time of day, for the lifetime of tokens and dates in headers.
    pub(super) now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// A random number in `0.0..1.0`, so that parallel callers do not retry in step.
    pub(super) jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Nondeterminism {
    pub(super) fn system() -> Self {
        Self { now: Arc::new(SystemTime::now), jitter: Arc::new(fastrand::f64) }
    }
}

impl fmt::Debug for Nondeterminism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nondeterminism")
    }
}
