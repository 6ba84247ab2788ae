//! The IAM credentials engine (ibm-api.md 4): mint, rotate, end, revoke. Pure over state and time.

pub mod authority;
pub mod credentials;
pub mod locks;
pub mod schedule;
pub mod versions;
