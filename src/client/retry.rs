//! Whether and when a request is repeated: the policy as a value, decisions as pure functions.

use reqwest::StatusCode;
use std::time::{Duration, SystemTime};

use super::error::TransportKind;
use super::operation::Idempotency;

/// A name that does not resolve now seldom resolves a moment later.
const MAX_RETRIES_UNRESOLVED: u32 = 2;

/// How often a failed request is repeated, and after which waits.
///
/// Waits double from `base` to `max_wait`, each shortened by up to half at random.
/// A longer `Retry-After` takes precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Repetitions after the first attempt; 0 sends everything once.
    pub max_retries: u32,
    /// The first wait.
    pub base: Duration,
    /// The longest wait that is not asked for by the service.
    pub max_wait: Duration,
    /// No attempt begins later than this after the first; the call fails instead.
    pub total: Duration,
}

impl RetryPolicy {
    /// What a call may take in all, unless something else limits it.
    pub const TOTAL: Duration = Duration::from_secs(120);

    /// The usual waits (half a second up to ten, two minutes in all) with this many repetitions.
    ///
    /// Ten repetitions outlast the half minute that a failover of an instance takes
    /// (ibm-api.md 1.1).
    pub const fn with_max_retries(max_retries: u32) -> Self {
        Self {
            max_retries,
            base: Duration::from_millis(500),
            max_wait: Duration::from_secs(10),
            total: Self::TOTAL,
        }
    }

    /// The wait before the next attempt, or `None` to give up.
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
            Failure::NoResponse { kind: TransportKind::Dns, .. } => {
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
            Failure::Status { retry_after: Some(asked), .. } => backoff.max(*asked),
            _ => backoff,
        };
        (spent.saturating_add(wait) <= self.total).then_some(wait)
    }
}

/// What went wrong in one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The service responded, but not with success.
    Status { status: StatusCode, retry_after: Option<Duration> },
    /// No complete response arrived.
    NoResponse {
        kind: TransportKind,
        /// False if the request provably never left.
        sent: bool,
    },
}

impl Failure {
    /// Whether the service is there, and only wants fewer requests.
    pub(super) fn asks_to_wait(&self) -> bool {
        match self {
            Failure::Status { status, retry_after } => {
                *status == StatusCode::TOO_MANY_REQUESTS || retry_after.is_some()
            }
            Failure::NoResponse { .. } => false,
        }
    }
}

/// What a failure means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it again if the policy allows it. Nothing happened, or repeating is harmless.
    Repeat,
    /// Final, and the service did not do what was asked.
    Refused,
    /// Final, and nobody knows whether the service did what was asked.
    Unknown,
}

/// Decides from the operation's idempotency and the failure alone.
pub(super) fn classify(idempotency: Idempotency, failure: &Failure) -> Verdict {
    let uncertain = match idempotency {
        Idempotency::Repeatable => Verdict::Repeat,
        Idempotency::Once => Verdict::Unknown,
    };
    match failure {
        // A certificate does not become valid within a minute.
        Failure::NoResponse { kind: TransportKind::Tls, sent: false } => Verdict::Refused,
        Failure::NoResponse { sent: false, .. } => Verdict::Repeat,
        Failure::NoResponse { sent: true, .. } => uncertain,
        Failure::Status { status, retry_after } => match *status {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        Failure::Status {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn no_response(kind: TransportKind, sent: bool) -> Failure {
        Failure::NoResponse { kind, sent }
    }

    #[test]
    fn what_a_failure_means_depends_on_whether_the_request_may_arrive_twice() {
        use TransportKind::{Connect, Dns, Reset, Timeout, Tls};
        use Verdict::{Refused, Repeat, Unknown};
        // Failure, verdict for a repeatable request, verdict for a create.
        let table = [
            (status(429, None), Repeat, Repeat),
            (status(429, Some(1)), Repeat, Repeat),
            (status(503, Some(1)), Repeat, Repeat),
            (status(503, None), Repeat, Unknown),
            (status(500, None), Repeat, Unknown),
            (status(500, Some(1)), Repeat, Unknown),
            (status(502, None), Repeat, Unknown),
            (status(504, None), Repeat, Unknown),
            (status(501, None), Refused, Refused),
            (status(300, None), Refused, Refused),
            (status(400, None), Refused, Refused),
            (status(401, None), Refused, Refused),
            (status(403, None), Refused, Refused),
            (status(404, None), Refused, Refused),
            (status(408, None), Refused, Refused),
            (status(409, None), Refused, Refused),
            (status(412, None), Refused, Refused),
            (status(422, None), Refused, Refused),
            (no_response(Dns, false), Repeat, Repeat),
            (no_response(Connect, false), Repeat, Repeat),
            (no_response(Timeout, false), Repeat, Repeat),
            (no_response(Tls, false), Refused, Refused),
            (no_response(Timeout, true), Repeat, Unknown),
            (no_response(Reset, true), Repeat, Unknown),
            // The connection broke under a request that was already under way.
            (no_response(Tls, true), Repeat, Unknown),
        ];
        for (failure, repeatable, once) in table {
            let verdicts = [Idempotency::Repeatable, Idempotency::Once]
                .map(|idempotency| classify(idempotency, &failure));
            assert_eq!(verdicts, [repeatable, once], "{failure:?}");
        }
    }

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 5,
        base: Duration::from_secs(1),
        max_wait: Duration::from_secs(5),
        total: Duration::from_secs(60),
    };

    #[test]
    fn waits_double_up_to_a_limit_and_end_with_the_retries() {
        let waits = |jitter| {
            [0, 1, 2, 3, 4, 5].map(|repeats| {
                POLICY
                    .wait(repeats, Duration::ZERO, &status(500, None), jitter)
                    .map(|wait| wait.as_millis())
            })
        };
        // The longest and the shortest waits that the jitter allows.
        assert_eq!(waits(1.0), [Some(1000), Some(2000), Some(4000), Some(5000), Some(5000), None]);
        assert_eq!(waits(0.0), [Some(500), Some(1000), Some(2000), Some(2500), Some(2500), None]);
    }

    #[test]
    fn no_jitter_and_no_number_of_retries_exceeds_the_limits() {
        let policy = RetryPolicy { max_retries: u32::MAX, ..POLICY };
        for repeats in (0..100).chain([u32::MAX - 1]) {
            for step in 0..=10 {
                let jitter = f64::from(step) / 10.0;
                let wait =
                    policy.wait(repeats, Duration::ZERO, &status(500, None), jitter).unwrap();
                assert!(
                    wait >= policy.base / 2 && wait <= policy.max_wait,
                    "{repeats} {jitter}: {wait:?}"
                );
            }
        }
    }

    #[test]
    fn a_retry_after_wins_over_a_shorter_backoff_and_ends_the_call_if_too_long() {
        let wait = |asked, spent| {
            let spent = Duration::from_secs(spent);
            POLICY.wait(0, spent, &status(429, Some(asked)), 1.0).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(0, 0), Some(1), "the backoff is longer");
        assert_eq!(wait(7, 0), Some(7), "longer than max_wait");
        assert_eq!(wait(60, 0), Some(60), "as long as the whole call");
        assert_eq!(wait(61, 0), None, "longer than the whole call");
        assert_eq!(wait(7, 53), Some(7), "just enough time left");
        assert_eq!(wait(7, 54), None, "not enough time left");
    }

    #[test]
    fn a_name_that_does_not_resolve_is_tried_three_times_at_most() {
        let waits = |max_retries| {
            let policy = RetryPolicy { max_retries, ..POLICY };
            [0, 1, 2].map(|repeats| {
                let failure = no_response(TransportKind::Dns, false);
                policy.wait(repeats, Duration::ZERO, &failure, 0.0).is_some()
            })
        };
        assert_eq!(waits(10), [true, true, false]);
        assert_eq!(waits(1), [true, false, false]);
    }

    #[test]
    fn ten_of_the_usual_retries_outlast_a_failover_of_half_a_minute() {
        let wait = |max_retries, repeats| {
            let policy = RetryPolicy::with_max_retries(max_retries);
            // The shortest that the jitter allows.
            policy.wait(repeats, Duration::ZERO, &status(503, None), 0.0)
        };
        let waits: Vec<Duration> = (0..=10).map_while(|repeats| wait(10, repeats)).collect();
        assert_eq!(waits.len(), 10);
        let all: Duration = waits.iter().sum();
        assert!(all >= Duration::from_secs(30), "{all:?}");
        assert_eq!(wait(0, 0), None, "no retries are no retries");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let table = [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, seconds) in table {
            assert_eq!(
                parse_retry_after(value, now),
                seconds.map(Duration::from_secs),
                "{value:?}"
            );
        }
    }
}
