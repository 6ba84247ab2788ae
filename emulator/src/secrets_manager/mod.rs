//! Secrets Manager's own rules for every secret type: versions, locks, leases and schedules.

pub mod locks;
pub mod schedule;
pub mod versions;
