//! What the JSON says; `Option` where IBM may omit, enum where IBM enumerates, with an arm for the unknown.

mod configuration;
mod group;
mod secret;
mod timestamp;
mod version;

pub use configuration::{
    Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    ConfigurationType,
};
pub use group::{SecretGroup, SecretGroupPatch, SecretGroupPrototype};
pub use secret::{
    KeyOwner, RotationPolicy, RotationUnit, Secret, SecretMetadata, SecretMetadataPatch,
    SecretPrototype, SecretState, SecretType,
};
pub use timestamp::Timestamp;
pub use version::{
    SecretLock, Version, VersionAlias, VersionMetadata, VersionMetadataPatch, VersionPrototype,
};

/// A JSON object, as custom metadata is.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

#[cfg(test)]
mod tests;
