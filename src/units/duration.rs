//! Durations as users write them: digits, which are seconds, or digits and one
//! unit.

use std::time::Duration;

/// Parses `1800`, `30m`, `24h`, `90d`; one number, one unit.
pub fn parse(text: &str) -> Option<Duration> {
    let (digits, factor) = match text.char_indices().next_back()? {
        (end, 's') => (text.get(..end)?, 1),
        (end, 'm') => (text.get(..end)?, 60),
        (end, 'h') => (text.get(..end)?, 3_600),
        (end, 'd') => (text.get(..end)?, 86_400),
        _ => (text, 1),
    };
    let numeric = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let seconds = digits.parse::<u64>().ok().filter(|_| numeric)?;
    seconds.checked_mul(factor).map(Duration::from_secs)
}

/// The shortest spelling: the number of the largest unit that is exact.
pub fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [('d', 86_400), ('h', 3_600), ('m', 60)];
    let exact = units.into_iter().find(|(_, factor)| seconds.is_multiple_of(*factor));
    let (unit, factor) = exact.unwrap_or(('s', 1));
    format!("{}{unit}", seconds / factor)
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
            assert_eq!(parse(text).map(|one| one.as_secs()), seconds, "{text:?}");
        }
    }

    #[test]
    fn a_spelling_has_the_largest_exact_unit_and_means_the_same() {
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
            let duration = Duration::from_secs(seconds);
            assert_eq!(spell(duration), text);
            assert_eq!(parse(text), Some(duration));
        }
        for seconds in 0..200_000 {
            let duration = Duration::from_secs(seconds);
            assert_eq!(parse(&spell(duration)), Some(duration));
        }
    }
}
