//! The provider as a library.
pub mod client;
pub mod plugin;
