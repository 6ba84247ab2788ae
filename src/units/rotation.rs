//! The interval between two rotations. Calendar months differ in length.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The unit of an interval (ibm-api.md 2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationUnit {
    /// Days.
    Day,
    /// Calendar months.
    Month,
    /// Any other string. No request contains it.
    #[serde(untagged)]
    Other(String),
}

impl RotationUnit {
    /// The units that the service offers, in words.
    pub const OFFERED: &'static str = "\"day\" or \"month\"";

    /// IBM's name of the unit.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Other(text) => text,
        }
    }

    /// Whether the service offers the unit.
    pub fn is_offered(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The shortest time that `interval` units can take; `None` if it is not a valid interval.
    pub fn at_least(&self, interval: i64) -> Option<Duration> {
        self.duration(interval, |months| match months {
            0 => 0,
            1 => 28,
            2 => 59,
            3 => 89,
            // More months never fit into the longest ttl.
            more => more.saturating_mul(30),
        })
    }

    /// The longest time that `interval` units can take; `None` if it is not a valid interval.
    pub fn at_most(&self, interval: i64) -> Option<Duration> {
        self.duration(interval, |months| months.saturating_mul(31))
    }

    fn duration(&self, interval: i64, days_of_months: fn(u64) -> u64) -> Option<Duration> {
        let interval = u64::try_from(interval).ok()?;
        let days = match self {
            Self::Day => interval,
            Self::Month => days_of_months(interval),
            Self::Other(_) => return None,
        };
        Some(Duration::from_secs(days.saturating_mul(DAY)))
    }
}

/// Seconds of a day.
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_as_short_and_as_long_as_the_calendar_has_them() {
        use RotationUnit::{Day, Month, Other};
        for (interval, unit, least, most) in [
            (7, Day, Some(7), Some(7)),
            (1, Month, Some(28), Some(31)),
            (3, Month, Some(89), Some(93)),
            (-1, Day, None, None),
            (1, Other("hour".to_owned()), None, None),
        ] {
            let days = |duration: Option<Duration>| duration.map(|it| it.as_secs() / DAY);
            assert_eq!(days(unit.at_least(interval)), least, "{interval} {unit:?}");
            assert_eq!(days(unit.at_most(interval)), most, "{interval} {unit:?}");
        }
        assert_eq!(Month.at_most(i64::MAX), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn an_unknown_unit_is_preserved() {
        let unit: RotationUnit = serde_json::from_str("\"hour\"").unwrap();
        assert_eq!((unit.as_str(), unit.is_offered()), ("hour", false));
        assert_eq!(serde_json::from_str::<RotationUnit>("\"day\"").unwrap(), RotationUnit::Day);
        assert_eq!(serde_json::to_string(&RotationUnit::Month).unwrap(), "\"month\"");
    }
}
