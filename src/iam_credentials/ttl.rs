//! The lease of a key: how it may be written and what it means.

use std::fmt;

use crate::framework::value::ValueAny;

/// The shortest lease: a minute (ibm-api.md 4.4).
const MIN: u32 = 60;
/// The longest lease: 90 days.
const MAX: u32 = 7_776_000;

/// A lease in whole seconds, within the service's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ttl(u32);

impl Ttl {
    /// Parses digits, which are seconds, or digits and one of `s`, `m`, `h`,
    /// `d`.
    pub(super) fn parse(text: &str) -> Option<Ttl> {
        let (digits, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(digits) => (digits, text.chars().next_back()),
            None => (text, None),
        };
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let factor = match unit {
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ => 1,
        };
        let seconds = digits.parse::<u32>().ok()?.checked_mul(factor)?;
        (MIN..=MAX).contains(&seconds).then_some(Ttl(seconds))
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
    fn a_lease_is_seconds_or_a_number_with_one_unit() {
        for (text, seconds) in [
            ("60", Some(60)),
            ("1800", Some(1_800)),
            ("1800s", Some(1_800)),
            ("30m", Some(1_800)),
            ("24h", Some(86_400)),
            ("90d", Some(7_776_000)),
            ("7776000", Some(7_776_000)),
            ("0060", Some(60)),
            ("59", None),
            ("7776001", None),
            ("91d", None),
            ("99999999999999d", None),
            ("abc", None),
            ("1h30m", None),
            ("m", None),
            ("", None),
            ("-60", None),
            ("+60", None),
            ("1.5h", None),
            ("60 ", None),
            ("٦٠", None),
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
