//! Secret groups: access to the secrets in one can be given as a whole.

mod attributes;
mod data_source;
mod list;
mod model;
mod resource;

pub use data_source::{SecretGroupDataSource, SecretGroupsDataSource};
pub use list::SecretGroupList;
pub use resource::SecretGroupResource;
