//! The `ttl` of IAM credentials: the lifetime of a key.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::duration::Span;

/// The shortest: a minute (ibm-api.md 4.4).
const MIN: u64 = 60;
/// The longest: 90 days.
const MAX: u64 = 7_776_000;

/// A ttl in whole seconds, within the service's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(u64);

impl Ttl {
    /// The default ttl of a lease.
    pub const ONE_HOUR: Ttl = Ttl(3_600);

    /// The ttl in seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Ttl {
    type Err = ();

    /// Parses a duration that is within the bounds.
    fn from_str(text: &str) -> Result<Self, ()> {
        let seconds = text.parse::<Span>()?.seconds();
        if (MIN..=MAX).contains(&seconds) { Ok(Ttl(seconds)) } else { Err(()) }
    }
}

/// The seconds as digits, the form that every version of the service accepts.
impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Serializes as [`Display`](fmt::Display) formats it.
impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the attribute must be, in words that follow "must".
pub const TTL_RULE: &str = "be a duration from 60 to 7776000 seconds (1 minute to 90 days), as \
                            digits for seconds or with one unit: 1800, 30m, 24h, 90d";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_a_duration_from_a_minute_to_ninety_days() {
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
            assert_eq!(text.parse().ok().map(Ttl::seconds), seconds, "{text:?}");
        }
        assert_eq!("30m".parse::<Ttl>().unwrap().to_string(), "1800");
    }
}
