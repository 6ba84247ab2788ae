//! When a request is sent again and after how long: policy as a value, decisions as pure functions.

use reqwest::StatusCode;
use std::time::{Duration, SystemTime};

use super::error::TransportKind;

/// A name that does not resolve is seldom there a moment later.
const MAX_RETRIES_UNRESOLVED: u32 = 2;

/// How often and how patiently a request is repeated.
///
/// Waits double from `base` to `max_wait`, each shortened by up to half at random.
/// A `Retry-After` that asks for more wins over the back-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Repetitions after the first attempt; 0 sends everything once.
    pub max_retries: u32,
    /// The first wait.
    pub base: Duration,
    /// The longest wait that is not asked for by the service.
    pub max_wait: Duration,
    /// Once an attempt could begin only this long after the first, the call fails instead.
    pub total: Duration,
}

impl RetryPolicy {
    /// The usual waits (half a second up to five, two minutes in all) with this many repetitions.
    ///
    /// The waits outlast the half minute that a failover of an instance takes (ibm-api.md 1.1).
    pub const fn with_max_retries(max_retries: u32) -> Self {
        Self {
            max_retries,
            base: Duration::from_millis(500),
            max_wait: Duration::from_secs(5),
            total: Duration::from_secs(120),
        }
    }

    /// The wait before the next attempt, or `None` when it is time to give up.
    ///
    /// `repeats` counts the repetitions made so far, `spent` is the time since the call began,
    /// `jitter` is a random number in `0.0..1.0`.
    pub(super) fn wait(
        &self,
        repeats: u32,
        spent: Duration,
        failure: &Failure,
        jitter: f64,
    ) -> Option<Duration> {
        let limit = match failure {
            Failure::Silent { kind: TransportKind::Dns, .. } => {
                self.max_retries.min(MAX_RETRIES_UNRESOLVED)
            }
            _ => self.max_retries,
        };
        if repeats >= limit {
            return None;
        }
        let longest = self.base.saturating_mul(2_u32.saturating_pow(repeats)).min(self.max_wait);
        let backoff = longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        let wait = match failure {
            Failure::Answered { retry_after: Some(asked), .. } => backoff.max(*asked),
            _ => backoff,
        };
        (spent.saturating_add(wait) <= self.total).then_some(wait)
    }
}

/// Whether a request may reach the service twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// The second time changes nothing more: reads, deletes, and patches that set values.
    Repeatable,
    /// A second time would make a second object.
    Once,
}

/// What went wrong in one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The service answered, but not with success.
    Answered { status: StatusCode, retry_after: Option<Duration> },
    /// No whole answer came back.
    Silent {
        kind: TransportKind,
        /// False when the request provably never left.
        sent: bool,
    },
}

/// What a failure means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it again, if the policy has patience left. Nothing happened, or repeating is harmless.
    Repeat,
    /// Final, and the service did not do what was asked.
    Refused,
    /// Final, and nobody knows whether the service did what was asked.
    Unknown,
}

/// Decides from the nature of the request and of the failure alone.
pub(super) fn classify(idempotency: Idempotency, failure: &Failure) -> Verdict {
    let uncertain = match idempotency {
        Idempotency::Repeatable => Verdict::Repeat,
        Idempotency::Once => Verdict::Unknown,
    };
    match failure {
        // Certificates do not mend themselves within a minute.
        Failure::Silent { kind: TransportKind::Tls, sent: false } => Verdict::Refused,
        Failure::Silent { sent: false, .. } => Verdict::Repeat,
        Failure::Silent { sent: true, .. } => uncertain,
        Failure::Answered { status, retry_after } => match *status {
            StatusCode::TOO_MANY_REQUESTS => Verdict::Repeat,
            // A service that names a time has not begun the work.
            StatusCode::SERVICE_UNAVAILABLE if retry_after.is_some() => Verdict::Repeat,
            StatusCode::NOT_IMPLEMENTED => Verdict::Refused,
            status if status.is_server_error() => uncertain,
            _ => Verdict::Refused,
        },
    }
}

/// Reads a `Retry-After` value: seconds, or an HTTP date relative to `now` (the past is no wait).
pub(super) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
