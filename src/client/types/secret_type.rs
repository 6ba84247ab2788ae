//! What distinguishes one type of secret from another.

use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// One type of secret, as the API knows it: what it adds to what all secrets have.
///
/// Each associated type is merged into the JSON object of the common part, so its fields must not
/// repeat those of the common part.
pub trait SecretType: Copy + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// IBM's name of the type, such as `iam_credentials`.
    const NAME: &'static str;
    /// Added to the body of a create.
    type Prototype: Serialize + Clone + Debug + PartialEq + Send + Sync;
    /// Added to the metadata. All of it is optional, so that a secret of another type can be read
    /// and told apart.
    type Metadata: DeserializeOwned + Clone + Debug + PartialEq + Send + Sync;
    /// Added to a patch of the metadata.
    type Patch: Serialize + Clone + Debug + Default + PartialEq + Send + Sync;
    /// The value, which only the routes that return it add.
    type Payload: DeserializeOwned + Clone + Debug + Send + Sync;
    /// Added to the body of a new version.
    type VersionPrototype: Serialize + Clone + Debug + Send + Sync;
    /// Added to the metadata of a version.
    type VersionMetadata: DeserializeOwned + Clone + Debug + PartialEq + Send + Sync;

    /// The secret value in a response, if there is one. Nothing that is shown repeats it.
    fn payload_value(payload: &Self::Payload) -> Option<&SecretString>;

    /// The secret value in the body of a create, if there is one. No error text repeats it.
    fn prototype_value(_prototype: &Self::Prototype) -> Option<&SecretString> {
        None
    }

    /// The secret value in the body of a new version, if there is one. No error text repeats it.
    fn version_value(_prototype: &Self::VersionPrototype) -> Option<&SecretString> {
        None
    }
}
