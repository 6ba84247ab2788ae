//! What every type of secret has: metadata, versions, lookup by id or name, lists, and the
//! sequence of calls that manages it.
//!
//! A secret type says through [`SecretKind`] what is its own; resource, data sources and list
//! follow from it.

mod attributes;
mod data_source;
mod kind;
mod list;
mod lookup;
mod metadata;
mod new_version;
mod resource;
mod versions;

pub use attributes::{name_attribute, secret_group_attribute};
pub use data_source::{SecretDataSource, SecretMetadataDataSource};
pub use kind::{PayloadInState, Secret, SecretKind};
pub use list::SecretList;
pub use lookup::{Lookup, NamedSecret, lookup_attributes};
pub use metadata::CommonMetadata;
pub use new_version::{NewVersion, Wanted, create_version_once};
pub use resource::SecretResource;
pub use versions::{CURRENT, json_object};
