//! The noun `ibm_sm_secret_group`: secrets that are given access to together.

mod data_source;
mod fields;
mod list;
mod model;
mod resource;

pub use data_source::{SecretGroupSource, SecretGroupsSource};
pub use list::SecretGroupList;
pub use resource::SecretGroup;
