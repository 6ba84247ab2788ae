//! IBM's HTTP contract in Rust types; no Terraform, no environment, no defaults a user could see.
//!
//! [`Client`] holds the credentials and the connections, [`InstanceClient`] speaks to one Secrets
//! Manager instance for one run. What differs between types of secrets is in their [`SecretType`].
//! Every failure is an [`ApiError`].

mod authenticator;
mod authorize;
mod config;
mod configurations;
mod credentials;
mod endpoint;
mod error;
mod error_body;
mod exchange;
mod grant;
mod groups;
mod http;
mod iam;
mod instance;
mod jwt;
mod nondeterminism;
mod operation;
mod pages;
mod proxy;
mod quiet;
mod request;
mod retry;
mod roots;
mod secrets;
mod shared_list;
#[cfg(test)]
mod tests;
mod token;
mod transport;
mod types;
mod versions;

pub use config::ClientConfig;
pub use credentials::{Credentials, TokenSource, TrustedProfile};
pub use endpoint::{Endpoint, EndpointError, EndpointKind, IamUrl, InstanceAddress, Template};
pub use error::{ApiError, ApiErrorKind, TransportKind};
pub use instance::{Client, InstanceClient};
pub use operation::{Operation, Role};
pub use pages::Source;
pub use proxy::{Proxy, ProxyUrl, ProxyUrlError};
pub use retry::RetryPolicy;
pub use roots::{ExtraRoots, RootsError};
pub use secrets::SecretFilter;
pub use types::{
    ApiKey, Arbitrary, ArbitraryPatch, ArbitraryPayload, ArbitraryPrototype,
    ArbitraryVersionPrototype, CommonMetadata, Configuration, ConfigurationMetadata,
    ConfigurationPatch, ConfigurationPrototype, ConfigurationType, IamCredentials,
    IamCredentialsMetadata, IamCredentialsPatch, IamCredentialsPrototype, IamCredentialsVersion,
    IamEntity, JsonObject, KeyOwner, NewKey, NothingMore, RotationPolicy, Secret, SecretGroup,
    SecretGroupPatch, SecretGroupPrototype, SecretLock, SecretMetadata, SecretMetadataPatch,
    SecretPrototype, SecretState, SecretType, Timestamp, Version, VersionMetadata,
    VersionMetadataPatch, VersionPrototype,
};
