//! Ends leases and rotates secrets when their time comes, without waiting for a request.

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The system's clock may be set, and stands still for tasks while the machine sleeps: look at it
/// again after this time.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long to wait after a change that the disk has refused.
const RETRY: Duration = Duration::from_secs(1);

/// Runs everything that becomes due, for ever.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        match app.store.until_due() {
            Some(Duration::ZERO) => {
                let is_written = match app.store.run_due() {
                    Some(receipt) => receipt.written().await.is_ok(),
                    None => false,
                };
                if !is_written {
                    sleep(RETRY).await;
                }
            }
            wait => {
                tokio::select! {
                    () = app.store.rescheduled() => {}
                    () = sleep(wait.map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))) => {}
                }
            }
        }
    }
}
