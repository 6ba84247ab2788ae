//! The messages and services of the protocols, generated from `proto/`.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

/// The provider protocol, version 6.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}
/// The services that go-plugin expects.
pub mod host {
    tonic::include_proto!("plugin");
}
