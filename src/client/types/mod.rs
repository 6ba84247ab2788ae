//! What the JSON says; `Option` where IBM may omit, enum where IBM enumerates, with a variant for
//! what is not known.

mod arbitrary;
mod configuration;
mod expose;
mod group;
mod iam;
mod iam_credentials;
mod json;
mod lock;
mod secret;
mod secret_type;
#[cfg(test)]
mod tests;
mod timestamp;
mod version;

pub use arbitrary::{
    Arbitrary, ArbitraryPatch, ArbitraryPayload, ArbitraryPrototype, ArbitraryVersionPrototype,
    NothingMore,
};
pub use configuration::{
    Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    ConfigurationType,
};
pub use group::{SecretGroup, SecretGroupPatch, SecretGroupPrototype};
pub use iam::IamEntity;
pub use iam_credentials::{
    ApiKey, IamCredentials, IamCredentialsMetadata, IamCredentialsPatch, IamCredentialsPrototype,
    IamCredentialsVersion, KeyOwner, NewKey, RotationPolicy,
};
pub use json::JsonObject;
pub use lock::SecretLock;
pub use secret::{
    CommonMetadata, Secret, SecretMetadata, SecretMetadataPatch, SecretPrototype, SecretState,
};
pub use secret_type::SecretType;
pub use timestamp::Timestamp;
pub use version::{Version, VersionMetadata, VersionMetadataPatch, VersionPrototype};
