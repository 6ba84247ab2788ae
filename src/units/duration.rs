//! Durations as users write them: digits for seconds, or digits with one unit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A duration in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

impl Span {
    /// A duration of this many seconds.
    pub fn from_seconds(seconds: u64) -> Self {
        Span(seconds)
    }

    /// The duration in seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The duration in words, such as `90 minutes`: the number of the largest unit that is exact.
    pub fn in_words(self) -> String {
        let (count, unit) = self.largest_exact();
        let unit = match unit {
            'd' => "day",
            'h' => "hour",
            'm' => "minute",
            _ => "second",
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }

    fn largest_exact(self) -> (u64, char) {
        let units = [('d', 86_400), ('h', 3_600), ('m', 60)];
        let exact = units.into_iter().find(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = exact.unwrap_or(('s', 1));
        (self.0 / factor, unit)
    }

    /// The duration as the standard library's type.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Span {
    type Err = ();

    /// Parses `1800`, `30m`, `24h`, `90d`: one number, at most one unit.
    fn from_str(text: &str) -> Result<Self, ()> {
        parse(text).map(Span).ok_or(())
    }
}

fn parse(text: &str) -> Option<u64> {
    let (digits, factor) = match text.char_indices().next_back()? {
        (end, 's') => (text.get(..end)?, 1),
        (end, 'm') => (text.get(..end)?, 60),
        (end, 'h') => (text.get(..end)?, 3_600),
        (end, 'd') => (text.get(..end)?, 86_400),
        _ => (text, 1),
    };
    let numeric = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let seconds = digits.parse::<u64>().ok().filter(|_| numeric)?;
    seconds.checked_mul(factor)
}

/// The shortest form: the number of the largest unit that is exact.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = self.largest_exact();
        write!(f, "{count}{unit}")
    }
}

/// What a duration must be, in words that follow "must".
pub const DURATION_RULE: &str = "be a duration: digits for seconds, or a number with one of the \
                                 units s, m, h, d, such as 30m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_one_number_and_at_most_one_unit() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("60", Some(60)),
            ("45s", Some(45)),
            ("30m", Some(1_800)),
            ("24h", Some(86_400)),
            ("90d", Some(7_776_000)),
            ("0060", Some(60)),
            ("99999999999999999999", None),
            ("9999999999999999999d", None),
            ("abc", None),
            ("1h30m", None),
            ("m", None),
            ("", None),
            ("-60", None),
            ("+60", None),
            ("1.5h", None),
            ("60 ", None),
            ("٦٠", None),
            ("6µ", None),
        ] {
            assert_eq!(text.parse().ok().map(Span::seconds), seconds, "{text:?}");
        }
    }

    #[test]
    fn in_words_a_duration_is_a_number_of_one_unit() {
        for (seconds, words) in [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (61, "61 seconds"),
            (3_600, "1 hour"),
            (5_400, "90 minutes"),
            (86_400, "1 day"),
            (90_000, "25 hours"),
            (7_776_000, "90 days"),
        ] {
            assert_eq!(Span::from_seconds(seconds).in_words(), words);
        }
    }

    #[test]
    fn the_shortest_form_has_the_largest_exact_unit_and_the_same_value() {
        for (seconds, text) in [
            (0, "0d"),
            (1, "1s"),
            (60, "1m"),
            (61, "61s"),
            (5_400, "90m"),
            (7_200, "2h"),
            (86_400, "1d"),
            (90_000, "25h"),
            (7_776_000, "90d"),
        ] {
            assert_eq!(Span::from_seconds(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Span::from_seconds(seconds)));
        }
        for seconds in 0..200_000 {
            let span = Span::from_seconds(seconds);
            assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
