//! The JSON of API keys and service IDs in IAM (ibm-api.md 3.1, 3.2), without a key's value.

use serde::Deserialize;

/// What an API key and a service ID have in common.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IamEntity {
    /// Not unique.
    pub name: String,
    /// The identity that a key belongs to, or that a service ID is.
    pub iam_id: String,
    /// Whether it has to be unlocked before it can be changed or deleted.
    pub locked: bool,
}
