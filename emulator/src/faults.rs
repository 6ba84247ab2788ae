//! Fault injection: which requests go wrong, and how.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// A fault as the control API accepts it. All given conditions must match.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Assigned by the emulator.
    #[serde(skip_deserializing)]
    pub id: u64,
    /// The name of an operation, such as `create_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only the n-th matching request, counted from 1; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// At most so many times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Only with this probability, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Only requests beyond so many in one second of the emulator's clock: a rate limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_per_second: Option<u64>,
    /// The seed of `probability`; 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The effect.
    #[serde(flatten)]
    pub effect: Effect,
    /// The number of matching requests so far.
    #[serde(skip_deserializing)]
    pub matched: u64,
    /// How often the fault was injected so far.
    #[serde(skip_deserializing)]
    pub fired: u64,
    /// How many requests have come to where it holds them so far.
    #[serde(skip_deserializing)]
    pub held: u64,
}

/// The effect of a fault. Effects can be combined; a `status` replaces the operation, unless it comes
/// after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effect {
    /// Wait this long first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_milliseconds: Option<u64>,
    /// Respond with this status in IBM's error format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether that response takes the place of the operation, as when absent, or only of its
    /// response, as when a gateway gives up on a service that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The `Retry-After` header of that response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// Repeat the secrets of the request in that response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
    /// Drop the connection before or after the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Moment>,
    /// Hold the request before or after the operation, until the faults are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Moment>,
    /// Run the operation and corrupt the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Corruption>,
}

/// When a connection is dropped, a request held or an error returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before the operation: nothing is changed.
    BeforeCommit,
    /// After the operation: the change is made, but the caller has no response.
    AfterCommit,
}

/// The two forms of the `Retry-After` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u32),
    /// An HTTP date, sent as given.
    Date(String),
}

/// Where an error response repeats the secrets of its request: its token and what its body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Echo {
    /// As the id of the request, in headers and body.
    RequestId,
    /// In the message, with all else of the body.
    Message,
    /// Half in one message, half in the next.
    Split,
    /// In the message, which is Base64.
    Base64,
}

/// How a response is corrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// The first half only; then the connection is dropped.
    Truncated,
    /// The body is not valid JSON.
    InvalidJson,
    /// The content type is `text/html`.
    WrongContentType,
}

/// The registered faults.
#[derive(Default)]
pub struct Faults {
    inner: Mutex<Inner>,
    removed: watch::Sender<()>,
}

#[derive(Default)]
struct Inner {
    last_id: u64,
    waiting: Vec<Waiting>,
}

struct Waiting {
    fault: Fault,
    chance: StdRng,
    /// The last second with a matching request, and their number in it.
    second: (i64, u64),
}

impl Faults {
    /// Adds a fault and returns it with its id.
    pub fn add(&self, mut fault: Fault) -> Fault {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.last_id += 1;
        fault.id = inner.last_id;
        let chance = StdRng::seed_from_u64(fault.seed.unwrap_or(0));
        inner.waiting.push(Waiting { fault: fault.clone(), chance, second: (0, 0) });
        fault
    }

    /// All faults, with their counts.
    pub fn list(&self) -> Vec<Fault> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.waiting.iter().map(|waiting| waiting.fault.clone()).collect()
    }

    /// Removes all faults.
    pub fn clear(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.waiting.clear();
        self.removed.send_replace(());
    }

    /// Waits until the faults are removed, if this one has not been yet.
    pub async fn hold(&self, id: u64) {
        let mut removed = self.removed.subscribe();
        {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(waiting) = inner.waiting.iter_mut().find(|it| it.fault.id == id) else {
                return;
            };
            waiting.fault.held += 1;
        }
        // The sender lives as long as `self`.
        let _ = removed.changed().await;
    }

    /// The first matching fault that fires. All matching faults count the request.
    /// `second` is the time.
    pub fn inject(
        &self,
        operation: Option<&str>,
        method: &str,
        path: &str,
        second: i64,
    ) -> Option<Fault> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut injected = None;
        for waiting in &mut inner.waiting {
            if !waiting.fault.fits(operation, method, path) {
                continue;
            }
            waiting.fault.matched += 1;
            waiting.second = match waiting.second {
                (last, count) if last == second => (last, count + 1),
                _ => (second, 1),
            };
            if injected.is_none() && waiting.fires() {
                waiting.fault.fired += 1;
                injected = Some(waiting.fault.clone());
            }
        }
        injected
    }
}

impl Fault {
    fn fits(&self, operation: Option<&str>, method: &str, path: &str) -> bool {
        self.operation.as_deref().is_none_or(|name| operation == Some(name))
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|part| path.contains(part))
    }
}

impl Waiting {
    fn fires(&mut self) -> bool {
        let fault = &self.fault;
        fault.nth.is_none_or(|nth| fault.matched == nth)
            && fault.times.is_none_or(|times| fault.fired < times)
            && fault.above_per_second.is_none_or(|limit| self.second.1 > limit)
            && fault.probability.is_none_or(|probability| self.chance.random::<f64>() < probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(fault: &str, calls: usize) -> Vec<Option<u16>> {
        let faults = Faults::default();
        faults.add(serde_json::from_str(fault).unwrap());
        (0..calls)
            .map(|_| faults.inject(Some("get_secret"), "GET", "/x/secrets/1", 0)?.effect.status)
            .collect()
    }

    #[test]
    fn a_fault_is_injected_always_at_the_nth_request_or_at_the_first_ones() {
        for (fault, struck) in [
            (r#"{"status":500}"#, [true, true, true]),
            (r#"{"status":500,"nth":2}"#, [false, true, false]),
            (r#"{"status":500,"times":2}"#, [true, true, false]),
            (r#"{"status":500,"operation":"get_secret"}"#, [true, true, true]),
            (r#"{"status":500,"operation":"list_secrets"}"#, [false, false, false]),
            (r#"{"status":500,"path":"/secrets/","method":"get"}"#, [true, true, true]),
            (r#"{"status":500,"method":"POST"}"#, [false, false, false]),
            (r#"{"status":500,"above_per_second":2}"#, [false, false, true]),
            (r#"{"status":500,"probability":0.0}"#, [false, false, false]),
            (r#"{"status":500,"probability":1.0}"#, [true, true, true]),
        ] {
            let wanted = struck.map(|struck| struck.then_some(500));
            assert_eq!(statuses(fault, 3), wanted, "{fault}");
        }
    }

    #[test]
    fn probability_is_reproducible_with_a_seed() {
        let fault = r#"{"status":500,"probability":0.5,"seed":7}"#;
        let once = statuses(fault, 50);
        assert_eq!(once, statuses(fault, 50));
        assert!(once.contains(&None) && once.contains(&Some(500)));
    }
}
