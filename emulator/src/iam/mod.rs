//! IAM's own rules, the same for its API and for the IAM credentials engine.

pub mod access;
pub mod entities;
pub mod roles;
pub mod tokens;
