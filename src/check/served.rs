//! What this provider serves, and what of it the official one does not know.

use std::collections::BTreeSet;

/// What this provider serves, and what of it the official one does not know.
pub(super) struct Served {
    /// The types of `resource` blocks.
    pub(super) resources: BTreeSet<&'static str>,
    /// The types of `data` blocks.
    pub(super) data_sources: BTreeSet<&'static str>,
    /// Arguments of the provider block that are secret.
    pub(super) sensitive: BTreeSet<&'static str>,
    /// All arguments of the provider block.
    pub(super) block: BTreeSet<&'static str>,
    /// Our version.
    pub(super) version: &'static str,
}

/// The arguments of our resources and data sources that the official provider lacks; the contract
/// test compares them with its schema.
pub const OWN_ARGUMENTS: &[(&str, &[&str])] = &[
    ("ibm_sm_arbitrary_secret", &["payload_wo", "payload_wo_version", "store_payload", "timeouts"]),
    ("ibm_sm_iam_credentials_configuration", &["api_key_wo", "api_key_wo_version", "timeouts"]),
    (
        "ibm_sm_iam_credentials_secret",
        &["early_renewal", "rotation_triggers", "store_api_key", "timeouts"],
    ),
    ("ibm_sm_secret_group", &["timeouts"]),
];

/// The arguments of our provider block that the official one lacks.
pub const OWN_PROVIDER_ARGUMENTS: &[&str] = &[
    "adopt_existing",
    "allow_plain_http",
    "bulk_read",
    "ca_cert_file",
    "ca_cert_pem",
    "cleanup_iam_on_destroy",
    "cr_token_file",
    "iam_endpoint",
    "proxy_url",
    "secrets_manager_endpoint",
    "store_api_key",
];
