//! An emulator of IBM Cloud Secrets Manager (IAM credentials and arbitrary secrets) and of IAM, in
//! one process.
//!
//! [`Emulator::start`] runs it; the binary wraps it in a command line. Each module states its rule
//! in its first sentence.

pub mod app;
pub mod clock;
pub mod console;
pub mod control;
pub mod durable;
mod emulator;
pub mod engine;
pub mod error;
pub mod exports;
pub mod faults;
pub mod http;
pub mod iam;
pub mod ids;
pub mod journal;
pub mod model;
mod private;
pub mod remote;
pub mod samples;
pub mod secrets_manager;
pub mod seed;
pub mod store;
mod ticker;
pub mod tls;
pub mod transaction;

pub use crate::emulator::{Emulator, Handle, Options};
