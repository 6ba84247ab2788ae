//! The lifetime of credentials and the schedule of their rotation (ibm-api.md 4.4, 4.5).

use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// A time to live between one minute and 90 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Ttl(u32);

impl Ttl {
    const RANGE: std::ops::RangeInclusive<u64> = 60..=7_776_000;

    /// Parses `"1800"`, `"1800s"`, `"30m"`, `"24h"` or `"90d"`: at most ten characters, and 60 to
    /// 7,776,000 seconds.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 10 {
            return None;
        }
        let (digits, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(digits) => (digits, text.chars().last()),
            None => (text, None),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let factor = match unit {
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ => 1,
        };
        Self::from_seconds(digits.parse::<u64>().ok()?.checked_mul(factor)?)
    }

    /// A time to live of that many seconds, if it is in range.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let seconds = Some(seconds).filter(|seconds| Self::RANGE.contains(seconds))?;
        u32::try_from(seconds).ok().map(Self)
    }

    /// The time to live in seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The end of a lease that begins at `start`.
    pub fn end_from(self, start: Timestamp) -> Timestamp {
        start.plus_seconds(i64::from(self.0))
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_seconds(u64::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("a ttl is 60 to 7776000 seconds"))
    }
}

/// A rotation policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Whether the secret is rotated automatically.
    pub auto_rotate: bool,
    /// The number of units between two rotations, at least one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// The unit of `interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

/// The unit of a rotation interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// 24 hours.
    Day,
    /// The same day of a later month.
    Month,
}

/// How long a month of a rotation interval counts against a time to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationMonth {
    /// 30 days, whatever the date.
    #[default]
    ThirtyDays,
    /// As long as the calendar's month, so that the outcome depends on the date.
    Calendar,
}

impl Rotation {
    /// The first rotation after `base`, if rotation is automatic.
    pub fn next_after(&self, base: Timestamp) -> Option<Timestamp> {
        let interval = self.interval.filter(|_| self.auto_rotate)?;
        Some(match self.unit? {
            Unit::Day => base.plus_days(interval),
            Unit::Month => base.plus_months(interval),
        })
    }

    /// The same interval for a comparison with the end of a lease: days, if months count as such.
    pub fn compared(self, month: RotationMonth) -> Self {
        match (month, self.unit) {
            (RotationMonth::ThirtyDays, Some(Unit::Month)) => Self {
                interval: self.interval.map(|months| months.saturating_mul(30)),
                unit: Some(Unit::Day),
                ..self
            },
            _ => self,
        }
    }

    /// The first date of the schedule, counted from `base`, that is after `now`.
    pub fn next_due(&self, base: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let mut due = self.next_after(base)?;
        while due <= now {
            // At the largest timestamp, adding an interval changes nothing: stop there.
            due = self.next_after(due).filter(|next| *next > due)?;
        }
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_takes_seconds_or_one_unit() {
        for (text, seconds) in [
            ("60", Some(60)),
            ("59", None),
            ("7776000", Some(7_776_000)),
            ("7776001", None),
            ("1800", Some(1_800)),
            ("1800s", Some(1_800)),
            ("30m", Some(1_800)),
            ("24h", Some(86_400)),
            ("90d", Some(7_776_000)),
            ("91d", None),
            ("1h30m", None),
            ("abc", None),
            ("m", None),
            ("", None),
            ("-60", None),
            ("+60", None),
            ("1.5h", None),
            ("00000000060", None),
            ("9999999999", None),
        ] {
            assert_eq!(Ttl::parse(text).map(Ttl::seconds), seconds, "{text:?}");
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_schedule_never_starts_in_the_past() {
        let monthly = Rotation { auto_rotate: true, interval: Some(1), unit: Some(Unit::Month) };
        let base = at("2026-01-10T09:00:00Z");
        assert_eq!(monthly.next_due(base, base), Some(at("2026-02-10T09:00:00Z")));
        assert_eq!(
            monthly.next_due(base, at("2026-03-10T09:00:00Z")),
            Some(at("2026-04-10T09:00:00Z"))
        );
        let off = Rotation { auto_rotate: false, ..monthly };
        assert_eq!(off.next_due(base, base), None);
    }
}
