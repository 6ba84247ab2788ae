//! What this process has opened and nobody has closed yet.
//!
//! Terraform does not close an ephemeral resource if anything that depends on it
//! fails (plugin-protocol.md 4.7), and a run that is killed closes nothing. So the
//! process remembers what it opened, and closes the rest at its own end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::framework::context::Context;
use crate::framework::provider::Provider;

/// The type name and the private state of an open ephemeral resource.
type Open = (String, Vec<u8>);

/// Each ephemeral resource that is open. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    open: Arc<Mutex<BTreeSet<Open>>>,
    opening: TaskTracker,
}

impl Opened {
    /// Marks an open as under way until the result is dropped.
    pub(super) fn opening(&self) -> TaskTrackerToken {
        self.opening.token()
    }

    /// Remembers what is open now.
    pub(super) fn add(&self, type_name: &str, private: &[u8]) {
        self.lock().insert((type_name.to_owned(), private.to_owned()));
    }

    /// Forgets what Terraform is about to close.
    pub(super) fn remove(&self, type_name: &str, private: &[u8]) {
        self.lock().remove(&(type_name.to_owned(), private.to_owned()));
    }

    /// Closes everything that is open, all at once, also what is being opened now.
    pub(super) async fn close_all<P: Provider>(&self, provider: &P) {
        self.opening.close();
        self.opening.wait().await;
        let open = std::mem::take(&mut *self.lock());
        let closes = open.iter().map(|(type_name, private)| close(provider, type_name, private));
        join_all(closes).await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn close<P: Provider>(provider: &P, type_name: &str, private: &[u8]) {
    let Ok(resource) = provider.registry().ephemeral_resource(type_name) else { return };
    let diagnostics = resource.close(Context::default(), private.to_owned()).await;
    if diagnostics.errors.is_empty() {
        tracing::info!(type_name, "closed at the end of the run, since Terraform did not");
    }
    for error in diagnostics.errors {
        let (summary, detail) = (error.summary, error.detail);
        tracing::warn!(type_name, %summary, %detail, "could not be closed at the end of the run");
    }
}
