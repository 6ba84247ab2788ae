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

use self::proto::tfplugin6::provider_server;
use crate::framework::provider::Provider;

/// The provider service alone, without a process and a socket around it.
pub fn service<P: Provider>(provider: P, address: &'static str) -> impl provider_server::Provider {
    rpc::Rpc::new(provider, address)
}
