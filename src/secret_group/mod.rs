//! Secret groups: access to all secrets in a group can be granted at once.

mod attributes;
mod data_source;
mod list;
mod model;
mod resource;

pub use data_source::{SecretGroupDataSource, SecretGroupsDataSource};
pub use list::SecretGroupList;
pub use resource::SecretGroupResource;
