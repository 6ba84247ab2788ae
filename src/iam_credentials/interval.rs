//! How long the interval of a rotation is: calendar months differ.

use super::model::Rotation;

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// Days of an interval at the least.
pub(super) fn shortest_days(policy: &Rotation) -> Option<u64> {
    days(policy, |months| match months {
        0 => 0,
        1 => 28,
        2 => 59,
        3 => 89,
        // More months are never within the longest lease.
        more => more.saturating_mul(30),
    })
}

/// Days of an interval at the most.
pub(super) fn longest_days(policy: &Rotation) -> Option<u64> {
    days(policy, |months| months.saturating_mul(31))
}

fn days(policy: &Rotation, of_months: fn(u64) -> u64) -> Option<u64> {
    let interval = u64::try_from(policy.interval.as_option()?).ok()?;
    match policy.unit.as_deref_option()? {
        "day" => Some(interval),
        "month" => Some(of_months(interval)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::{Value, text};

    #[test]
    fn months_are_as_short_and_as_long_as_the_calendar_has_them() {
        for (interval, unit, shortest, longest) in [
            (Value::Value(7), text("day"), Some(7), Some(7)),
            (Value::Value(1), text("month"), Some(28), Some(31)),
            (Value::Value(3), text("month"), Some(89), Some(93)),
            (Value::Value(i64::MAX), text("month"), Some(u64::MAX), Some(u64::MAX)),
            (Value::Value(-1), text("day"), None, None),
            (Value::Value(1), text("hour"), None, None),
            (Value::Unknown, text("day"), None, None),
            (Value::Value(1), Value::Null, None, None),
        ] {
            let policy = Rotation { auto_rotate: Value::Value(true), interval, unit };
            assert_eq!(shortest_days(&policy), shortest, "{policy:?}");
            assert_eq!(longest_days(&policy), longest, "{policy:?}");
        }
    }
}
