//! Times and durations as people read them. `console.js` counts down in the same words.

use crate::model::timestamp::Timestamp;
use maud::{Markup, html};

/// A duration in its two largest units.
pub(super) fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A time without the letters in it.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

/// How long it is until then, counted down in the browser.
pub(super) fn countdown(until: Timestamp, now: Timestamp) -> Markup {
    html! {
        time data-until=(until.unix()) datetime=(until) title=(moment(until)) {
            @if until > now { (duration(until.unix() - now.unix())) } @else { "ended" }
        }
    }
}

/// At most so many characters, with a sign that something is missing.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        for (seconds, expected) in [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 0 s"),
            (3_599, "59 min 59 s"),
            (3_600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
            (7_776_000, "90 d 0 h"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn a_countdown_ends() {
        let now: Timestamp = "2026-01-10T09:00:00Z".parse().unwrap();
        assert!(countdown(now.plus_seconds(90), now).into_string().contains(">1 min 30 s<"));
        assert!(countdown(now, now).into_string().contains(">ended<"));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("äöü", 3), "äöü");
        assert_eq!(short("äöüß", 3), "äö…");
    }
}
