//! The provider as a library.
pub mod plugin;
