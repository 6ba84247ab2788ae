//! Bytes in, typed calls out; knows every RPC and no resource type.

mod arguments;
mod connection;
mod convert;
mod handshake;
mod host;
mod interrupt;
mod listener;
mod log;
pub mod panic;
mod process;
pub mod proto;
mod rpc;
mod server;
mod tls;

pub use process::{Identity, main};
