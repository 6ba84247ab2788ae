//! A duration as users write it, parsed in one place: digits for seconds, or
//! digits with one unit.

use std::fmt;

/// Units and their seconds, the largest first.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// What a duration must be, in words that follow "must".
pub const DURATION_RULE: &str = "be a duration of a second or more, as digits for seconds or with \
                                 one unit: 1800, 30m, 24h, 90d";

/// A duration of one second or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(i64);

impl Seconds {
    /// So many seconds, if that is a duration.
    pub fn new(seconds: i64) -> Option<Seconds> {
        (seconds > 0).then_some(Seconds(seconds))
    }

    /// Parses digits, which are seconds, or digits and one of `s`, `m`, `h`,
    /// `d`.
    pub fn parse(text: &str) -> Option<Seconds> {
        let unit = UNITS.iter().find(|(unit, _)| text.ends_with(*unit));
        let (digits, factor) = match unit {
            Some((unit, factor)) => (text.strip_suffix(*unit)?, *factor),
            None => (text, 1),
        };
        // The number's own parser would also take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        Seconds::new(digits.parse::<i64>().ok()?.checked_mul(factor)?)
    }

    /// The number of seconds, 1 or more.
    pub fn get(self) -> i64 {
        self.0
    }
}

/// In the largest unit that is exact.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.into_iter().find(|(_, factor)| self.0 % factor == 0);
        let (unit, factor) = exact.unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_seconds_or_a_number_with_one_unit() {
        for (text, seconds) in [
            ("1", Some(1)),
            ("1s", Some(1)),
            ("90m", Some(5_400)),
            ("24h", Some(86_400)),
            ("90d", Some(7_776_000)),
            ("365d", Some(31_536_000)),
            ("0060", Some(60)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("9223372036854775807m", None),
            ("0", None),
            ("0d", None),
            ("1h30m", None),
            ("m", None),
            ("", None),
            ("-60", None),
            ("+60", None),
            ("1.5h", None),
            ("60 ", None),
            ("1w", None),
            ("٦٠", None),
            ("é", None),
        ] {
            assert_eq!(Seconds::parse(text).map(Seconds::get), seconds, "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_the_largest_exact_unit_and_read_again() {
        for (seconds, text) in [
            (1, "1s"),
            (61, "61s"),
            (60, "1m"),
            (5_400, "90m"),
            (7_200, "2h"),
            (86_400, "1d"),
            (90_000, "25h"),
            (7_776_000, "90d"),
            (i64::MAX, "9223372036854775807s"),
        ] {
            let duration = Seconds::new(seconds).unwrap();
            assert_eq!(duration.to_string(), text);
            assert_eq!(Seconds::parse(text), Some(duration));
        }
        assert_eq!(Seconds::new(0), None);
        assert_eq!(Seconds::new(-1), None);
    }
}
