//! The JSON of the engine's configurations (ibm-api.md 2.8).

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::expose::{expose, expose_some};
use super::timestamp::Timestamp;

/// The type of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigurationType {
    /// What this client manages.
    IamCredentialsConfiguration,
    /// Any other type, by IBM's name.
    #[serde(untagged)]
    Other(String),
}

impl ConfigurationType {
    /// IBM's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::IamCredentialsConfiguration => "iam_credentials_configuration",
            Self::Other(name) => name,
        }
    }
}

/// A configuration together with its key.
#[derive(Clone, Debug, Deserialize)]
pub struct Configuration {
    /// Everything but the key.
    #[serde(flatten)]
    pub metadata: ConfigurationMetadata,
    /// The engine's key. The service returns it in clear text.
    pub api_key: Option<SecretString>,
}

/// Everything about a configuration but its key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConfigurationMetadata {
    /// The type of configuration.
    pub config_type: ConfigurationType,
    /// Unique per type.
    pub name: String,
    /// IBM's name of the type of secret that it serves.
    pub secret_type: String,
    /// The IAM id of the creator.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether the engine is switched off.
    pub disabled: Option<bool>,
}

/// A new configuration of the IAM credentials engine.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "config_type", rename = "iam_credentials_configuration")]
pub struct ConfigurationPrototype {
    /// Unique per type.
    pub name: String,
    /// The key with which the engine works in IAM.
    #[serde(serialize_with = "expose")]
    pub api_key: SecretString,
    /// Whether the engine is switched off.
    pub disabled: bool,
}

/// What to change about a configuration: `None` leaves a value.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConfigurationPatch {
    /// Another key.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "expose_some")]
    pub api_key: Option<SecretString>,
    /// Whether the engine is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}
