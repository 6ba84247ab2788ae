//! A Terraform provider for the IAM credentials of IBM Cloud Secrets Manager.
//!
//! | Room | Rule |
//! |---|---|
//! | [`plugin`] | Bytes in, typed calls out; knows every RPC and no noun. |
//! | [`framework`] | Terraform's rules as pure functions; no HTTP, no IBM. |
//! | [`provider`] | Turns configuration into a client and lists what exists. |
//! | [`iam_credentials`], [`engine`], [`secret_group`] | The nouns: what is true of each, said once. |
//! | [`functions`] | Pure functions of the provider: same arguments, same result, no client. |
//! | [`scope`] | What nouns share: instance, id, connection, how a failure is told, durations. |
//! | [`client`] | IBM's HTTP contract in Rust types; no Terraform, no environment. |
//!
//! `DESIGN.md` says which room may use which, and a test holds the code to it.

pub mod client;
pub mod engine;
pub mod framework;
pub mod functions;
pub mod iam_credentials;
pub mod plugin;
pub mod provider;
pub mod scope;
pub mod secret_group;
pub mod units;
