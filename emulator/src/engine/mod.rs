//! The IAM credentials engine (ibm-api.md 4): makes and revokes credentials in IAM.

pub mod authorization;
pub mod credentials;
