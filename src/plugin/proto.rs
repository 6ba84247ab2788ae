//! The messages and services of the wire, generated from `proto/`.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

/// The provider protocol, version 6.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}
/// Services of the plugin host.
pub mod host {
    tonic::include_proto!("plugin");
}
