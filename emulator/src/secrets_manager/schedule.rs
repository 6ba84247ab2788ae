//! Runs what is due: expirations, scheduled rotations and purges, each at its own time, in order.

use crate::ids::Ids;
use crate::model::State;
use crate::model::secret::{Kind, Secret};
use crate::model::timestamp::Timestamp;
use crate::secrets_manager::versions::{self, Attachments};
use crate::transaction::Transaction;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What something is due for, by id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Secret(String),
    Key(String),
}

/// Runs everything that is due until `now`, and returns when the next event is due.
pub fn run(state: &mut State, ids: &mut Ids, now: Timestamp) -> Timestamp {
    let mut due: BinaryHeap<_> = upcoming(state).map(Reverse).collect();
    while let Some(Reverse((at, subject))) = due.pop() {
        if at > now {
            return at;
        }
        match subject {
            Subject::Secret(id) => {
                let mut tx = Transaction { state, ids, now: at };
                if let Some(next) = run_event(&mut tx, &id) {
                    due.push(Reverse((next, Subject::Secret(id))));
                }
            }
            Subject::Key(id) => {
                state.iam.api_keys.remove(&id);
            }
        }
    }
    Timestamp::LAST
}

/// When the next event is due, if there is one.
pub fn earliest(state: &State) -> Option<Timestamp> {
    upcoming(state).map(|(at, _)| at).min()
}

/// The next event of each secret and key that has one.
fn upcoming(state: &State) -> impl Iterator<Item = (Timestamp, Subject)> {
    let secrets = state.secrets_manager.secrets.values();
    let secrets =
        secrets.filter_map(|secret| Some((next_due(secret)?, Subject::Secret(secret.id.clone()))));
    let keys = state.iam.api_keys.values();
    let keys = keys.filter_map(|key| Some((key.purge_at()?, Subject::Key(key.id.clone()))));
    secrets.chain(keys)
}

/// When the next event of the secret is due, if it has one.
pub fn next_due(secret: &Secret) -> Option<Timestamp> {
    let expirations = secret
        .versions
        .iter()
        .filter(|version| version.payload_available() && version.locks.is_empty())
        .filter_map(|version| secret.expiration_of(version));
    expirations.chain(secret.next_rotation_date()).min()
}

/// Runs the secret's event at `tx.now`, and returns when the next one is due: always later.
fn run_event(tx: &mut Transaction<'_>, id: &str) -> Option<Timestamp> {
    let mut secret = tx.state.secrets_manager.secrets.get(id)?.clone();
    // Rotation comes before an expiration in the same second: the user sees no gap.
    rotate_when_due(tx, &mut secret);
    versions::settle(&mut tx.state.iam, &mut secret, tx.state.switches, tx.now);
    let next = next_due(&secret);
    tx.state.secrets_manager.secrets.insert(secret);
    next.filter(|next| *next > tx.now)
}

fn rotate_when_due(tx: &mut Transaction<'_>, secret: &mut Secret) {
    let Kind::IamCredentials(settings) = &secret.kind else {
        return;
    };
    let Some(due) = settings.next_rotation_date.filter(|due| *due <= tx.now) else {
        return;
    };
    let next = settings.rotation.next_due(due, tx.now);
    let instance = tx.state.secrets_manager.instances.get(&secret.instance_id).cloned();
    let rotated = instance.is_some_and(|instance| {
        let by = secret.created_by.clone();
        versions::rotate(tx, &instance, secret, &by, true, Attachments::default()).is_ok()
    });
    // A rotation that is blocked or fails is skipped; IBM announces it as an event (ibm-api.md 4.11).
    if !rotated && let Kind::IamCredentials(settings) = &mut secret.kind {
        settings.next_rotation_date = next;
    }
}
