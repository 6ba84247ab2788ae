//! The emulator's clock: the only place that reads the system's time.

use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// The emulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The system's time, `ahead` seconds later.
    System {
        /// The sum of all advances, in seconds.
        ahead: i64,
    },
    /// The clock stands still.
    Frozen(Timestamp),
}

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It runs.
    System,
    /// It stands still.
    Frozen,
}

impl Clock {
    /// The system's time.
    pub const SYSTEM: Self = Self::System { ahead: 0 };

    /// The time it shows.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Frozen(now) => now,
            Self::System { ahead } => system_now().plus_seconds(ahead),
        }
    }

    /// The clock that many seconds later, in the same mode.
    pub fn advanced(self, seconds: i64) -> Self {
        match self {
            Self::Frozen(now) => Self::Frozen(now.plus_seconds(seconds)),
            Self::System { ahead } => Self::System { ahead: ahead.saturating_add(seconds) },
        }
    }

    /// A running clock that shows `now` at this moment.
    pub fn running_from(now: Timestamp) -> Self {
        Self::System { ahead: now.unix().saturating_sub(system_now().unix()) }
    }

    /// Whether it runs.
    pub fn mode(self) -> Mode {
        match self {
            Self::System { .. } => Mode::System,
            Self::Frozen(_) => Mode::Frozen,
        }
    }
}

fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let start: Timestamp = "2026-01-10T09:00:00Z".parse().unwrap();
        let clock = Clock::Frozen(start);
        assert_eq!(clock.now(), start);
        assert_eq!(clock.advanced(60).now().to_string(), "2026-01-10T09:01:00Z");
        assert_eq!(clock.advanced(60).mode(), Mode::Frozen);
    }

    #[test]
    fn a_system_clock_keeps_what_it_was_advanced() {
        assert_eq!(Clock::SYSTEM.advanced(60).advanced(40), Clock::System { ahead: 100 });
    }
}
