//! IAM credentials: API keys that the IAM credentials engine of an instance creates.
//!
//! The engine makes a key either for a service ID of the user's (*static*) or for one that it
//! makes itself in the given access groups (*generated*). With `reuse_api_key` the key stays until
//! it expires; without it (*dynamic*) every read of the value makes a new one, so the resource
//! never reads it (ibm-api.md 4).

mod attributes;
mod ephemeral;
mod key_version;
mod kind;
mod lease;
mod leased_key;
mod mapping;
mod model;
mod no_key;
mod orphans;
mod renewal;
mod rotate;
mod rules;
mod warnings;

pub use ephemeral::IamCredentialsEphemeral;
pub use lease::Lease;
pub use model::IamCredentials;
pub use rotate::Rotate;
