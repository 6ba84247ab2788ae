//! Terraform's rules as pure functions; no HTTP, and no name of this provider.
//!
//! The bridge between the wire and the resource types: attributes are declared
//! once ([`schema`]), every resource is planned by one pipeline ([`plan`]), and a
//! resource type implements [`resource::ManagedResource`] in terms of its own
//! model. The types of value, diagnostics and attribute path are `tf-provider`'s.

pub mod action;
pub mod codec;
pub mod context;
pub mod data_source;
pub mod diag;
pub mod ephemeral;
pub mod function;
pub mod identity;
pub mod list;
pub mod move_state;
pub mod plan;
pub mod private_state;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod validators;
pub mod value;
