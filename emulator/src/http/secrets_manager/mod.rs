//! The Secrets Manager API (ibm-api.md 2), below `/instances/{instance_id}`.

pub mod bodies;
pub mod configurations;
pub mod endpoints;
pub mod groups;
pub mod locks;
pub mod secrets;
pub mod settings;
pub mod shared;
pub mod versions;
