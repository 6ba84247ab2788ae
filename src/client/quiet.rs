//! Hosts that have asked for fewer requests: one such answer quiets all callers, not only the one
//! that got it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// Until when nothing is sent to which host.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<String, Instant>>);

impl Quiet {
    /// Sends nothing to this host until then.
    pub(super) fn keep(&self, host: &str, until: Instant) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = hosts.entry(host.to_owned()).or_insert(until);
        *end = until.max(*end);
    }

    /// Until when nothing is sent to this host, if that is still to come.
    pub(super) fn until(&self, host: &str) -> Option<Instant> {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(host).copied().filter(|end| *end > Instant::now())
    }

    /// Returns once requests to this host may be sent again.
    pub(super) async fn over(&self, host: &str) {
        while let Some(end) = self.until(host) {
            tokio::time::sleep_until(end).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn the_longest_wait_counts_and_only_for_its_host() {
        let (quiet, start) = (Quiet::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        quiet.keep("a", after(7));
        quiet.keep("a", after(5));
        quiet.over("b").await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        quiet.over("a").await;
        assert_eq!(start.elapsed().as_secs(), 7);
        assert_eq!(quiet.until("a"), None);
    }
}
