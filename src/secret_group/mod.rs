//! The noun `ibm_sm_secret_group`: secrets that are given access to together.

mod fields;
mod model;
mod resource;

pub use resource::SecretGroup;
