//! Sample states to start with, embedded in the binary; their times are counted from when they are printed.

use crate::clock::Clock;
use crate::model::timestamp::Timestamp;
use clap::ValueEnum;

/// A sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// One account, one instance and one identity that may do everything
    Minimal,
    /// An instance with credentials of another account
    TwoAccounts,
    /// Three teams: groups, and secrets with leases and rotations under way
    Team,
}

impl Sample {
    /// The sample as TOML, as of now.
    pub fn text_now(self) -> String {
        self.text(Clock::SYSTEM.now())
    }

    /// The sample as TOML, as of that time.
    pub fn text(self, now: Timestamp) -> String {
        dated(self.template(), now)
    }

    fn template(self) -> &'static str {
        match self {
            Self::Minimal => include_str!("../seeds/minimal.toml"),
            Self::TwoAccounts => include_str!("../seeds/two-accounts.toml"),
            Self::Team => include_str!("../seeds/team.toml"),
        }
    }
}

/// Puts times in the place of strings such as `"now-3d"`, which is three days ago.
fn dated(template: &str, now: Timestamp) -> String {
    let mut parts: Vec<_> = template.split('"').map(str::to_owned).collect();
    for part in parts.iter_mut().skip(1).step_by(2) {
        let days = part.strip_prefix("now").and_then(|days| days.strip_suffix('d'));
        if let Some(days) = days.and_then(|days| days.parse::<i64>().ok()) {
            *part = now.plus_seconds(days.saturating_mul(86_400)).to_string();
        }
    }
    parts.join("\"")
}
