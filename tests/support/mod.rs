//! The other ends of the provider's boundaries. Assertions about one test are not here.

pub(crate) mod core;
pub(crate) mod emulator;
pub(crate) mod host_certificate;
pub(crate) mod plugin;
pub(crate) mod session;
