//! How long a call may run: until the user interrupts it or its time limit is reached.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A boxed future, as object-safe traits return it.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The context of one call of Terraform: whether it may still go on.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Cancelled when the user interrupts the run or the time limit is reached:
    /// then start nothing new, and stop waiting.
    pub cancel: CancellationToken,
    /// Whether the object to create takes the place of one that still exists or did
    /// until now.
    pub replaces: bool,
    /// What an earlier call has left for the next update.
    note: Arc<Mutex<Option<Json>>>,
    time_limit_reached: Arc<AtomicBool>,
    /// Stops the timer when the call ends.
    _timer: Option<Arc<DropGuard>>,
}

impl Context {
    /// The context of a call that ends when this token is cancelled.
    pub fn new(cancel: CancellationToken) -> Context {
        Context { cancel, ..Context::default() }
    }

    /// The same context with a time limit, if there is one.
    pub fn within(self, limit: Option<Duration>) -> Context {
        let Some(limit) = limit else { return self };
        let cancel = self.cancel.child_token();
        let time_limit_reached = Arc::new(AtomicBool::new(false));
        let (timer, flag) = (cancel.clone(), Arc::clone(&time_limit_reached));
        tokio::spawn(async move {
            tokio::select! {
                () = timer.cancelled() => {}
                () = tokio::time::sleep(limit) => {
                    flag.store(true, Ordering::Relaxed);
                    timer.cancel();
                }
            }
        });
        let timer = Some(Arc::new(cancel.clone().drop_guard()));
        Context { cancel, time_limit_reached, _timer: timer, ..self }
    }

    /// What the refresh or the failed update before left.
    pub fn recall(&self) -> Option<Json> {
        self.note().clone()
    }

    /// Leaves this for the next update, if this is a refresh or fails.
    pub fn remember(&self, note: Option<Json>) {
        *self.note() = note;
    }

    fn note(&self) -> MutexGuard<'_, Option<Json>> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the call ended because of the limit of [`Context::within`].
    pub fn ran_out_of_time(&self) -> bool {
        self.time_limit_reached.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_at_its_limit_and_tells_why() {
        let run = CancellationToken::new();
        let context = Context::new(run.clone()).within(Some(Duration::from_secs(60)));
        context.cancel.cancelled().await;
        assert!(context.ran_out_of_time());
        assert!(!run.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_a_call_before_its_limit() {
        let run = CancellationToken::new();
        let context = Context::new(run.clone()).within(Some(Duration::from_secs(60)));
        run.cancel();
        context.cancel.cancelled().await;
        assert!(!context.ran_out_of_time());
    }
}
