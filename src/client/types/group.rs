//! The JSON of secret groups (ibm-api.md 2.7).

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

/// A secret group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretGroup {
    /// UUID, or `default`.
    pub id: String,
    /// Unique in the instance.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The IAM id of the creator.
    pub created_by: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A new secret group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretGroupPrototype {
    /// Unique in the instance.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What to change about a group: `None` leaves a value, an empty description clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretGroupPatch {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
