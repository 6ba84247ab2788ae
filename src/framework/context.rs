//! How long a call may go on: until the run is interrupted or its time limit is reached.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};

/// A future that can be stored and sent.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What surrounds one call of Terraform: whether it may go on.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Fires when the user interrupts the run or the time limit is reached: start
    /// nothing new, stop waiting.
    pub cancel: CancellationToken,
    time_limit_reached: Arc<AtomicBool>,
    /// Ends the timer with the call.
    _timer: Option<Arc<DropGuard>>,
}

impl Context {
    /// The context of a call that ends when this token fires.
    pub fn new(cancel: CancellationToken) -> Context {
        Context { cancel, ..Context::default() }
    }

    /// The same with a time limit, if there is one.
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
        Context { cancel, time_limit_reached, _timer: timer }
    }

    /// Whether it was the limit of [`Context::within`] that ended the call.
    pub fn ran_out_of_time(&self) -> bool {
        self.time_limit_reached.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_with_a_limit_ends_then_and_says_why() {
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
