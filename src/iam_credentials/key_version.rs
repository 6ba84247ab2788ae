//! `key_version`: a number that rises with each new key of a secret.
//!
//! It starts as the second in which the secret was created, so that a secret that takes the place of
//! another has a higher number than that one had, whether Terraform replaced it or not.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::Secret;
use crate::framework::value::Value;

/// The number of the first key; null for a dynamic secret, which has a new key at each read.
pub(super) fn first(secret: &Secret) -> Value<i64> {
    if secret.own.is_dynamic() {
        return Value::Null;
    }
    let created_at = secret.common.created_at.as_deref_option();
    created_at
        .and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok())
        .map(OffsetDateTime::unix_timestamp)
        .into()
}

/// Whether only the versions can tell how many keys there were: the state has none yet.
pub(super) fn needs_a_count(prior: &Secret, now: &Secret) -> bool {
    !now.own.is_dynamic() && !prior.own.api_key_id.is_value() && now.own.api_key_id.is_value()
}

/// The number of the current key. `keys` says how many keys the versions name, if they were counted;
/// a key that is new to the state and was not counted is a later one.
pub(super) fn after(prior: &Secret, now: &Secret, keys: Option<i64>) -> Value<i64> {
    let Value::Value(first) = first(now) else { return Value::Null };
    let before = prior.settings.key_version.as_option().unwrap_or(first);
    let next = before.saturating_add(1);
    Value::Value(match (&prior.own.api_key_id, &now.own.api_key_id) {
        (Value::Value(former), Value::Value(current)) if former != current => next,
        (Value::Value(_), _) | (_, Value::Null | Value::Unknown) => before,
        (_, Value::Value(_)) => match keys {
            Some(keys) => {
                let counted = first.saturating_add(keys.saturating_sub(1));
                let least = if prior.common.is_destroyed() { next } else { before };
                counted.max(least)
            }
            None => next,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::known;

    const FIRST: i64 = 1_768_032_000;

    fn secret(key_version: Option<i64>, api_key_id: Option<&str>) -> Secret {
        let mut secret = Secret::default();
        secret.common.created_at = known("2026-01-10T08:00:00Z");
        secret.own.api_key_id = api_key_id.map(str::to_owned).into();
        secret.settings.key_version = key_version.map(|keys| FIRST + keys).into();
        secret
    }

    #[test]
    fn the_number_rises_with_each_key_and_not_with_the_first_read() {
        for (case, before, key_before, key_now, keys, after) in [
            ("nothing read yet", Some(0), None, None, None, 0),
            ("first read", Some(0), None, Some("a"), Some(1), 0),
            ("read, then rotated unseen", Some(0), None, Some("b"), Some(2), 1),
            ("rotated by this apply before any read", Some(0), None, Some("a"), None, 1),
            ("same key", Some(3), Some("a"), Some("a"), None, 3),
            ("another key", Some(3), Some("a"), Some("b"), None, 4),
            ("key lost", Some(3), Some("a"), None, None, 3),
            ("new one after a lost one", Some(3), None, Some("b"), Some(5), 4),
            ("fewer versions than keys", Some(70), None, Some("b"), Some(50), 70),
            ("state of another provider", None, Some("a"), Some("a"), None, 0),
            ("state of another provider, and a new key", None, Some("a"), Some("b"), None, 1),
            ("import", None, None, Some("c"), Some(3), 2),
            ("import of one whose versions name no key", None, None, Some("c"), Some(0), 0),
            ("import of one without a key", None, None, None, None, 0),
        ] {
            let (prior, now) = (secret(before, key_before), secret(None, key_now));
            let after = Value::Value(FIRST + after);
            assert_eq!(super::after(&prior, &now, keys), after, "{case}");
            let counted = key_before.is_none() && key_now.is_some();
            assert_eq!(needs_a_count(&prior, &now), counted, "{case}");
        }
    }

    #[test]
    fn a_key_after_a_destroyed_one_is_a_later_one_whatever_the_versions_say() {
        let mut prior = secret(Some(70), None);
        prior.common.state = Value::Value(5);
        let now = secret(None, Some("b"));
        assert_eq!(after(&prior, &now, Some(50)), Value::Value(FIRST + 71));
    }

    #[test]
    fn a_dynamic_secret_and_one_of_unknown_age_have_no_number() {
        let mut dynamic = secret(Some(3), Some("a"));
        dynamic.own.reuse_api_key = Value::Value(false);
        let mut ageless = secret(None, Some("a"));
        ageless.common.created_at = Value::Null;
        for now in [dynamic, ageless] {
            assert_eq!(first(&now), Value::Null);
            assert_eq!(after(&secret(Some(3), Some("b")), &now, None), Value::Null);
        }
    }

    /// Any history of reads, rotations and losses, seen by a refresh after some of its events.
    #[test]
    fn it_never_falls_and_rises_whenever_a_reader_would_get_another_key() {
        for seed in 0..2_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut keys, mut current) = (0_i64, None::<i64>);
            let mut state = secret(Some(0), None);
            // The last key that a reader could have got when the state was refreshed.
            let mut seen: Option<i64> = None;
            for _ in 0..random.usize(1..30) {
                match random.u8(0..4) {
                    0 if current.is_none() => {
                        keys += 1;
                        current = Some(keys);
                    }
                    1 => {
                        keys += 1;
                        current = Some(keys);
                    }
                    2 => current = None,
                    _ => {
                        let id = current.map(|key| format!("key-{key}"));
                        let mut now = secret(None, id.as_deref());
                        let counted = needs_a_count(&state, &now).then_some(keys);
                        now.settings.key_version = after(&state, &now, counted);
                        let (before, after) =
                            (state.settings.key_version, now.settings.key_version);
                        let (before, after) =
                            (before.as_option().unwrap(), after.as_option().unwrap());
                        assert!(after >= before, "seed {seed}");
                        if let (Some(seen), Some(current)) = (seen, current) {
                            assert_eq!(after > before, current > seen, "seed {seed}");
                        }
                        seen = current.or(seen);
                        state = now;
                    }
                }
            }
        }
    }
}
