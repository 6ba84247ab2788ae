//! A Terraform provider for the IAM credentials of IBM Cloud Secrets Manager.

pub mod framework;
pub mod plugin;
