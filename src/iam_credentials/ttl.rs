//! The lease of a key: how it may be written and what it means.

use std::fmt;

use crate::framework::value::ValueAny;
use crate::scope::duration;

/// The shortest lease: a minute (ibm-api.md 4.4).
const MIN: u64 = 60;
/// The longest lease: 90 days.
const MAX: u64 = 7_776_000;

/// A lease in whole seconds, within the service's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ttl(u64);

impl Ttl {
    /// Parses a duration that is a lease.
    pub(super) fn parse(text: &str) -> Option<Ttl> {
        let seconds = duration::parse(text)?.as_secs();
        (MIN..=MAX).contains(&seconds).then_some(Ttl(seconds))
    }

    /// The lease in seconds.
    pub(super) fn seconds(self) -> u64 {
        self.0
    }
}

/// The form that the service takes in every version: digits, seconds.
impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What the attribute must be, in words that follow "must".
pub(super) const TTL_RULE: &str = "be a duration from 60 to 7776000 seconds (1 minute to 90 days), as \
                            digits for seconds or with one unit: 1800, 30m, 24h, 90d";

/// Whether two values are the same lease, however they are written.
pub(super) fn same_ttl(left: &ValueAny, right: &ValueAny) -> bool {
    match (left, right) {
        (ValueAny::String(left), ValueAny::String(right)) => {
            Ttl::parse(left).is_some_and(|left| Ttl::parse(right) == Some(left))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_a_duration_from_a_minute_to_ninety_days() {
        for (text, seconds) in [
            ("59", None),
            ("60", Some(60)),
            ("30m", Some(1_800)),
            ("90d", Some(7_776_000)),
            ("7776000", Some(7_776_000)),
            ("7776001", None),
            ("91d", None),
            ("1h30m", None),
        ] {
            assert_eq!(Ttl::parse(text).map(|ttl| ttl.0), seconds, "{text:?}");
        }
        assert_eq!(Ttl::parse("30m").unwrap().to_string(), "1800");
    }

    #[test]
    fn spellings_of_one_lease_are_the_same_and_nonsense_is_not() {
        let string = |text: &str| ValueAny::String(text.to_owned());
        assert!(same_ttl(&string("30m"), &string("1800")));
        assert!(!same_ttl(&string("30m"), &string("1801")));
        assert!(!same_ttl(&string("abc"), &string("def")));
        assert!(!same_ttl(&ValueAny::Null, &string("60")));
        assert!(!same_ttl(&ValueAny::Unknown, &ValueAny::Unknown));
    }
}
