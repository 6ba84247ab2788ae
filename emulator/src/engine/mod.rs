//! The IAM credentials engine (ibm-api.md 4): makes and revokes credentials in IAM.

pub mod authority;
pub mod credentials;
