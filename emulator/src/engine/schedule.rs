//! What happens by itself: leases end and schedules rotate, each at its own time, in order.

use crate::engine::versions::{self, Attachments};
use crate::ids::Ids;
use crate::model::State;
use crate::model::secret::{Kind, Secret};
use crate::model::timestamp::Timestamp;
use crate::store::Step;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Does everything that is due until `now` and says when the next thing is.
pub fn run(state: &mut State, ids: &mut Ids, now: Timestamp) -> Timestamp {
    let mut due: BinaryHeap<Reverse<(Timestamp, String)>> = state
        .secrets_manager
        .secrets
        .values()
        .filter_map(|secret| Some(Reverse((next_due(secret)?, secret.id.clone()))))
        .collect();
    while let Some(Reverse((at, id))) = due.pop() {
        if at > now {
            return at;
        }
        let mut step = Step { state, ids, now: at };
        if let Some(next) = happen(&mut step, &id) {
            due.push(Reverse((next, id)));
        }
    }
    Timestamp::LAST
}

/// When something happens to the secret by itself, if nobody touches it.
pub fn next_due(secret: &Secret) -> Option<Timestamp> {
    let Kind::IamCredentials(settings) = &secret.kind else {
        return None;
    };
    let ends = secret
        .versions
        .iter()
        .filter(|version| version.payload_available() && version.locks.is_empty())
        .filter_map(|version| version.expiration_date);
    ends.chain(settings.next_rotation_date).min()
}

/// The secret's next event at `step.now`; says when the one after it is, always later.
fn happen(step: &mut Step<'_>, id: &str) -> Option<Timestamp> {
    let mut secret = step.state.secrets_manager.secrets.get(id)?.clone();
    // Rotation comes before the end of a lease at the same second: no gap for the user.
    rotate_when_due(step, &mut secret);
    versions::settle(&mut step.state.iam, &mut secret, step.state.switches, step.now);
    let next = next_due(&secret);
    step.state.secrets_manager.secrets.insert(secret);
    next.filter(|next| *next > step.now)
}

fn rotate_when_due(step: &mut Step<'_>, secret: &mut Secret) {
    let Kind::IamCredentials(settings) = &secret.kind else {
        return;
    };
    let Some(due) = settings.next_rotation_date.filter(|due| *due <= step.now) else {
        return;
    };
    let next = settings.rotation.next_due(due, step.now);
    let instance = step.state.secrets_manager.instances.get(&secret.instance_id).cloned();
    let rotated = instance.is_some_and(|instance| {
        let by = secret.created_by.clone();
        versions::rotate(step, &instance, secret, &by, true, Attachments::default()).is_ok()
    });
    // A rotation that is blocked or fails is skipped; IBM announces it as an event (4.11).
    if !rotated && let Kind::IamCredentials(settings) = &mut secret.kind {
        settings.next_rotation_date = next;
    }
}
