//! Bytes in, typed calls out; knows every RPC and no noun.

mod convert;
pub mod rpc;

/// Generated from `proto/`.
#[allow(missing_docs, clippy::all, clippy::unwrap_used, reason = "generated code")]
pub mod proto {
    /// The provider protocol, version 6.
    pub mod tfplugin6 {
        tonic::include_proto!("tfplugin6");
    }
    /// Services of the plugin host.
    pub mod host {
        tonic::include_proto!("plugin");
    }
}
