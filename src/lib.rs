//! A Terraform provider for the IAM credentials of IBM Cloud Secrets Manager.
//!
//! `DESIGN.md` gives each room its rule and says which room may use which; a test holds the code
//! to it.

pub mod arbitrary;
pub mod check;
pub mod client;
pub mod configuration;
pub mod framework;
pub mod functions;
pub mod iam_credentials;
pub mod instance;
pub mod known_secrets;
pub mod plugin;
pub mod provider;
pub mod secret;
pub mod secret_group;
pub mod units;
