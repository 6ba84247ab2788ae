//! What this provider serves, and what of it the official one does not know.

use std::collections::BTreeSet;

use crate::units::ttl::Ttl;

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

/// The attributes of our resources and, with `data.` before the type, data sources that the official
/// provider lacks and that cannot be written.
pub const OWN_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("data.ibm_sm_secret_group", &["created_by"]),
    ("ibm_sm_iam_credentials_secret", &["key_version", "ready_for_renewal"]),
];

/// What to do about a value that the official provider refuses and this one takes, by what its code
/// of 2.5.0 validates; `None` if it takes the value.
pub(super) fn refused(type_name: &str, argument: &str, value: &str) -> Option<String> {
    match (type_name, argument) {
        ("ibm_sm_iam_credentials_secret", "ttl") if value.parse::<u64>().is_err() => {
            let ttl: Ttl = value.parse().ok()?;
            Some(format!("write \"{ttl}\", which is the same"))
        }
        ("ibm_sm_iam_credentials_secret", "reuse_api_key") if value == "false" => Some(
            "leave the secret with this provider: to read it makes a key, and IBM-Cloud/ibm \
             reads it at each refresh before it refuses it"
                .to_owned(),
        ),
        _ => None,
    }
}

/// The arguments that [`refused`] is about.
pub(super) const CHECKED_ARGUMENTS: [&str; 2] = ["ttl", "reuse_api_key"];

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
