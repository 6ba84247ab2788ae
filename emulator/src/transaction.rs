//! What one transaction works on: the state, a source of ids, and one fixed time.

use crate::ids::Ids;
use crate::model::State;
use crate::model::timestamp::Timestamp;

/// The context of one transaction. `now` does not move while it runs.
pub struct Transaction<'a> {
    /// The state of the emulator.
    pub state: &'a mut State,
    /// Makes ids and keys.
    pub ids: &'a mut Ids,
    /// The time of the transaction.
    pub now: Timestamp,
}
