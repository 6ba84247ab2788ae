//! What stands at the other end of the provider's connections: Terraform, and IBM's
//! services. What only one test asserts is not here.

pub(crate) mod core;
pub(crate) mod emulator;
pub(crate) mod host_certificate;
pub(crate) mod plugin;
pub(crate) mod session;
pub(crate) mod values;
