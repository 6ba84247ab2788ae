//! What everything in a Secrets Manager instance has in common: where it is, how it is reached,
//! how long a call may take, and what becomes of a failure.
//!
//! A type that lives in an instance implements one of the `Instance…` traits in terms of its own
//! model; [`Connected`] makes it a type that the framework serves.

mod action;
mod adoption;
mod connected;
mod connection;
mod create_once;
mod data_source;
mod ephemeral;
mod failure;
mod list;
mod reference;
mod resource;
#[cfg(test)]
pub(crate) mod testing;
mod timeouts;

pub use action::InstanceAction;
pub use adoption::{Occupant, RECENT};
pub use connected::{Connected, Served};
pub use connection::{Configured, Connection, Defaults, Instance};
pub use create_once::{Outcome, create_once};
pub use data_source::{DataSourceModel, InstanceDataSource, data_source_schema};
pub use ephemeral::{InstanceEphemeral, Lent};
pub use failure::{Advice, Crud, Failure, of_another_type};
pub use list::{Found, InstanceList, list_schema, search};
pub use reference::{InstanceRef, lookup_attributes};
pub use resource::{InstanceResource, Managed, lacks, resource_schema};
