//! Terraform's rules as pure functions; no HTTP, no IBM.
//!
//! The bridge between the wire and the nouns: attributes are declared once
//! ([`field`]), every resource is planned by one pipeline ([`plan`]), and a noun
//! implements [`resource::ManagedResource`] in terms of its own model. The types
//! of schema, value, diagnostics and attribute path are `tf-provider`'s.

pub mod check;
pub mod codec;
pub mod diag;
pub mod field;
pub mod plan;
pub mod private;
pub mod resource;
pub mod value;
