//! The noun `ibm_sm_iam_credentials_secret`: an API key with a lease.
//!
//! The engine of a Secrets Manager instance makes the key, either for a service
//! ID of the user's (*static*) or for one that it makes itself in the given
//! access groups (*generated*). With `reuse_api_key` the key stays until its
//! lease ends; without it (*dynamic*) every read of the value makes a new one,
//! so the resource never reads it (ibm-api.md 4).

mod advice;
mod data_source;
mod ephemeral;
mod fields;
mod held_key;
mod interval;
mod lease;
mod list;
mod lookup;
mod mapping;
mod metadata_source;
mod model;
mod renewal;
mod resource;
mod rotate;
mod rules;
mod ttl;

pub use data_source::SecretSource;
pub use ephemeral::HeldSecret;
pub use lease::Lease;
pub use list::IamCredentialsSecretList;
pub use metadata_source::SecretMetadataSource;
pub use resource::IamCredentialsSecret;
pub use rotate::Rotate;
