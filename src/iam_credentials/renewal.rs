//! When a secret gets a new key: whether an update rotates it, and whether its key is
//! about to expire.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::Secret;
use crate::framework::value::Value;
use crate::units::duration::Span;

/// Whether the change from one state to the next rotates the secret.
pub(super) fn rotates(prior: &Secret, next: &Secret) -> bool {
    let triggered = !next.settings.rotation_triggers.is_null()
        && prior.settings.rotation_triggers != next.settings.rotation_triggers;
    let ready = !next.settings.early_renewal.is_null()
        && prior.settings.ready_for_renewal == Value::Value(true);
    !next.own.is_dynamic() && (triggered || ready)
}

/// Whether to renew the current key: because it expires within `early_renewal`, or no
/// longer exists.
pub(super) fn ready(state: &Secret, key_exists: bool, now: OffsetDateTime) -> bool {
    let early = state.settings.early_renewal.as_ref_option();
    let Some(early) = early.and_then(|early| early.meaning().copied()) else { return false };
    let end = state.common.expiration_date.as_deref_option();
    match end.and_then(|end| OffsetDateTime::parse(end, &Rfc3339).ok()) {
        // A date before the calendar's beginning is always due.
        Some(end) => !key_exists || due_from(end, early).is_none_or(|due| due <= now),
        None => state.common.is_destroyed() || state.common.downloaded == Value::Value(true),
    }
}

fn due_from(end: OffsetDateTime, early: Span) -> Option<OffsetDateTime> {
    end.checked_sub(early.as_duration().try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::model::Settings;
    use super::*;
    use crate::framework::value::{StringMap, known};
    use crate::units::written::Written;

    fn early(text: &str) -> Settings {
        Settings { early_renewal: Value::Value(Written::new(text)), ..Settings::default() }
    }

    fn secret() -> Secret {
        let mut config = Secret::default();
        config.own.service_id = known("ServiceId-1");
        config
    }

    fn triggers(value: &str) -> StringMap {
        Value::Value([("reason".to_owned(), known(value))].into())
    }

    #[test]
    fn a_changed_trigger_rotates_and_a_removed_one_does_not() {
        let with = |rotation_triggers| Secret {
            settings: Settings { rotation_triggers, ..Settings::default() },
            ..secret()
        };
        for (before, after, expected) in [
            (triggers("a"), triggers("a"), false),
            (triggers("a"), triggers("b"), true),
            (Value::Null, triggers("a"), true),
            (triggers("a"), Value::Null, false),
            (triggers("a"), Value::Unknown, true),
        ] {
            let (before, after) = (with(before), with(after));
            assert_eq!(
                rotates(&before, &after),
                expected,
                "{:?}",
                after.settings.rotation_triggers
            );
        }
    }

    #[test]
    fn a_secret_that_was_ready_at_the_refresh_rotates_while_early_renewal_is_set() {
        let ready = Settings { ready_for_renewal: Value::Value(true), ..Settings::default() };
        let prior = Secret { settings: ready, ..secret() };
        let on = Secret { settings: early("7d"), ..secret() };
        assert!(rotates(&prior, &on));
        assert!(!rotates(&prior, &secret()));
        assert!(!rotates(&secret(), &on));
    }

    #[test]
    fn a_key_is_ready_within_early_renewal_of_its_expiry_or_if_it_is_gone() {
        let now = OffsetDateTime::parse("2026-11-24T12:00:00Z", &Rfc3339).unwrap();
        let ending = |end: &str| {
            let mut state = Secret { settings: early("1h"), ..secret() };
            state.common.expiration_date = known(end);
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
        for_ever.settings = early("99999999999999d");
        assert!(ready(&for_ever, true, now));
        let mut off = ending("2026-11-24T11:00:00Z");
        off.settings = Settings::default();
        assert!(!ready(&off, false, now));
        let mut never_read = Secret { settings: early("1h"), ..secret() };
        assert!(!ready(&never_read, true, now));
        never_read.common.downloaded = Value::Value(true);
        assert!(ready(&never_read, true, now));
    }
}
