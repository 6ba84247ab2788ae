//! When a secret gets a new key: what asks for a rotation, and whether a key is
//! near its end.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::State;
use crate::framework::value::Value;
use crate::scope::duration;

/// Whether the step from one state to the next makes a new key.
pub(super) fn rotates(prior: &State, next: &State) -> bool {
    let triggered =
        !next.rotation_triggers.is_null() && prior.rotation_triggers != next.rotation_triggers;
    let due = !next.early_renewal.is_null() && prior.ready_for_renewal == Value::Value(true);
    !next.is_dynamic() && (triggered || due)
}

/// Whether the current key is to be renewed: its lease ends within
/// `early_renewal`, or it was there once and is there no more.
pub(super) fn ready(state: &State, key_exists: bool, now: OffsetDateTime) -> bool {
    let Some(early) = state.early_renewal.as_deref_option().and_then(duration::parse) else {
        return false;
    };
    let end = state.metadata.expiration_date.as_deref_option();
    match end.and_then(|end| OffsetDateTime::parse(end, &Rfc3339).ok()) {
        // What reaches back beyond the calendar has been due for ever.
        Some(end) => !key_exists || due_from(end, early).is_none_or(|due| due <= now),
        None => state.is_destroyed() || state.metadata.downloaded == Value::Value(true),
    }
}

fn due_from(end: OffsetDateTime, early: Duration) -> Option<OffsetDateTime> {
    end.checked_sub(early.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::{TextMap, text};

    fn secret() -> State {
        let mut config = State::default();
        config.metadata.service_id = text("ServiceId-1");
        config
    }

    fn triggers(value: &str) -> TextMap {
        Value::Value([("reason".to_owned(), text(value))].into())
    }

    #[test]
    fn a_changed_trigger_rotates_and_a_dropped_one_does_not() {
        let with = |rotation_triggers| State { rotation_triggers, ..secret() };
        for (before, after, expected) in [
            (triggers("a"), triggers("a"), false),
            (triggers("a"), triggers("b"), true),
            (Value::Null, triggers("a"), true),
            (triggers("a"), Value::Null, false),
            (triggers("a"), Value::Unknown, true),
        ] {
            let (before, after) = (with(before), with(after));
            assert_eq!(rotates(&before, &after), expected, "{:?}", after.rotation_triggers);
        }
    }

    #[test]
    fn what_was_ready_at_the_refresh_rotates_while_early_renewal_is_on() {
        let prior = State { ready_for_renewal: Value::Value(true), ..secret() };
        let on = State { early_renewal: text("7d"), ..secret() };
        assert!(rotates(&prior, &on));
        assert!(!rotates(&prior, &secret()));
        assert!(!rotates(&secret(), &on));
    }

    #[test]
    fn a_key_is_ready_within_early_renewal_of_its_end_or_when_it_is_gone() {
        let now = OffsetDateTime::parse("2026-11-24T12:00:00Z", &Rfc3339).unwrap();
        let ending = |end: &str| {
            let mut state = State { early_renewal: text("1h"), ..secret() };
            state.metadata.expiration_date = text(end);
            state
        };
        for (end, exists, expected) in [
            ("2026-11-24T13:00:01Z", true, false),
            ("2026-11-24T13:00:00Z", true, true),
            ("2026-11-24T11:00:00Z", true, true),
            ("2026-12-24T12:00:00Z", false, true),
        ] {
            assert_eq!(ready(&ending(end), exists, now), expected, "{end} {exists}");
        }
        let mut for_ever = ending("2026-12-24T12:00:00Z");
        for_ever.early_renewal = text("99999999999999d");
        assert!(ready(&for_ever, true, now));
        let mut off = ending("2026-11-24T11:00:00Z");
        off.early_renewal = Value::Null;
        assert!(!ready(&off, false, now));
        let mut never_read = State { early_renewal: text("1h"), ..secret() };
        assert!(!ready(&never_read, true, now));
        never_read.metadata.downloaded = Value::Value(true);
        assert!(ready(&never_read, true, now));
    }
}
