//! The JSON of locks (ibm-api.md 2.6).

use serde::Deserialize;

/// A lock on a version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretLock {
    /// Unique on the version.
    pub name: String,
    /// The IAM id of who locked it.
    pub created_by: Option<String>,
}
