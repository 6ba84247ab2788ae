//! The wall clock and the dice, as values that a test can replace.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Where the client takes the time of day and random numbers from.
#[derive(Clone)]
pub(super) struct Sources {
    /// The time of day, for the life of tokens and dates in headers.
    pub(super) now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// A random number in `0.0..1.0`, so that parallel callers do not come back together.
    pub(super) jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Sources {
    pub(super) fn system() -> Self {
        Self { now: Arc::new(SystemTime::now), jitter: Arc::new(fastrand::f64) }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}
