//! A point in time as IBM writes it: RFC 3339, UTC, whole seconds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// The last second of the year 9999, the largest value in RFC 3339.
const LAST_SECOND: i64 = 253_402_300_799;

/// Seconds since 1970, between 1970 and 9999: every value can be written as a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// `1970-01-01T00:00:00Z`, IBM's "never" for `retrieved_at`.
    pub const EPOCH: Self = Self(0);
    /// The last second that can be written: "never" for due dates.
    pub const LAST: Self = Self(LAST_SECOND);

    /// The time that many seconds after 1970, clamped to the years 1970 to 9999.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LAST_SECOND))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The time that many seconds later.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// The time that many days later.
    pub fn plus_days(self, days: u32) -> Self {
        self.plus_seconds(i64::from(days).saturating_mul(86_400))
    }

    /// The same day and time that many calendar months later, or the last day of a shorter month.
    pub fn plus_months(self, months: u32) -> Self {
        let date_time = self.date_time();
        let zero_based = i64::from(u8::from(date_time.month())) - 1 + i64::from(months);
        let year = i64::from(date_time.year()) + zero_based.div_euclid(12);
        let moved = i32::try_from(year).ok().zip(month(zero_based.rem_euclid(12)));
        let date = moved.and_then(|(year, month)| {
            let day = date_time.day().min(month.length(year));
            Date::from_calendar_date(year, month, day).ok()
        });
        date.map_or(Self::LAST, |date| {
            Self::from_unix(date_time.replace_date(date).unix_timestamp())
        })
    }

    fn date_time(self) -> OffsetDateTime {
        // `from_unix` guarantees the range, so the fallback is never used.
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

fn month(zero_based: i64) -> Option<Month> {
    let number = u8::try_from(zero_based + 1).ok()?;
    Month::try_from(number).ok()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.date_time().format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for Timestamp {
    type Err = time::error::Parse;

    /// Parses any RFC 3339 time; fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        OffsetDateTime::parse(text, &Rfc3339).map(|time| Self::from_unix(time.unix_timestamp()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn text_round_trips_in_whole_seconds() {
        for (given, written) in [
            ("2026-01-10T09:00:00Z", "2026-01-10T09:00:00Z"),
            ("2026-01-10T09:00:00.999Z", "2026-01-10T09:00:00Z"),
            ("2026-01-10T10:00:00+01:00", "2026-01-10T09:00:00Z"),
        ] {
            assert_eq!(at(given).to_string(), written, "{given}");
        }
    }

    #[test]
    fn months_are_calendar_months() {
        for (from, months, to) in [
            ("2026-11-24T06:10:04Z", 1, "2026-12-24T06:10:04Z"),
            ("2026-01-31T00:00:00Z", 1, "2026-02-28T00:00:00Z"),
            ("2027-12-31T00:00:00Z", 2, "2028-02-29T00:00:00Z"),
            ("2026-01-01T00:00:00Z", 14, "2027-03-01T00:00:00Z"),
        ] {
            assert_eq!(at(from).plus_months(months), at(to), "{from} + {months}");
        }
    }

    #[test]
    fn no_arithmetic_leaves_the_range() {
        let last = Timestamp::from_unix(i64::MAX);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(last.plus_seconds(i64::MAX), last);
        assert_eq!(last.plus_months(u32::MAX), last);
        assert_eq!(Timestamp::from_unix(-5), Timestamp::EPOCH);
    }
}
