//! IBM's date-times: any RFC 3339 in, UTC to the second out.

use serde::Deserialize;
use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A moment in UTC, read from RFC 3339 with or without a fraction and shown to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// In UTC with milliseconds, whatever they are: the form of IBM's Go SDK.
    pub fn with_milliseconds(self) -> String {
        let seconds = self.to_string();
        format!("{}.{:03}Z", seconds.trim_end_matches('Z'), self.0.millisecond())
    }

    /// The moment itself.
    pub fn as_date_time(self) -> OffsetDateTime {
        self.0
    }
}

impl TryFrom<String> for Timestamp {
    type Error = &'static str;

    /// A time that has no year of four digits in UTC could not be shown.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .and_then(|time| time.checked_to_offset(UtcOffset::UTC))
            .filter(|time| (0..=9999).contains(&time.year()))
            .map(Self)
            .ok_or("not a time in the format of RFC 3339, or before the year 0 or after 9999")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(utc) = self;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            utc.year(),
            u8::from(utc.month()),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_rfc_3339_is_read_and_shown_in_utc_to_the_second() {
        for (given, shown) in [
            ("2022-06-27T11:58:15Z", "2022-06-27T11:58:15Z"),
            ("2022-09-01T17:12:32.000Z", "2022-09-01T17:12:32Z"),
            ("2022-09-01T08:35:29.27Z", "2022-09-01T08:35:29Z"),
            ("2022-09-01T08:35:29.123456789012Z", "2022-09-01T08:35:29Z"),
            ("2026-01-01T01:30:00+02:00", "2025-12-31T23:30:00Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let read: Timestamp = serde_json::from_value(given.into()).unwrap();
            assert_eq!(read.to_string(), shown, "{given}");
        }
        for (given, shown) in [
            ("2022-06-27T11:58:15Z", "2022-06-27T11:58:15.000Z"),
            ("2022-09-01T10:35:29.2789+02:00", "2022-09-01T08:35:29.278Z"),
        ] {
            let read: Timestamp = serde_json::from_value(given.into()).unwrap();
            assert_eq!(read.with_milliseconds(), shown, "{given}");
        }
        for given in [
            "",
            "2022-06-27",
            "yesterday",
            "2022-13-01T00:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert!(serde_json::from_value::<Timestamp>(given.into()).is_err(), "{given}");
        }
    }
}
