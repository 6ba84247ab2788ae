//! What a secret type implements.

use std::fmt::Debug;
use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::metadata::CommonMetadata;
use crate::client::{self, ApiError, SecretType};
use crate::framework::diag::{Diagnostic, Diagnostics, Report};
use crate::framework::schema::Attribute;
use crate::framework::value::StringMap;
use crate::instance::{Advice, Defaults, Failure, Instance};

/// A part of a secret's model, whose attributes are at the top level of the state.
pub trait ModelPart:
    Serialize + DeserializeOwned + Clone + Debug + Default + PartialEq + Send + Sync + 'static
{
}

impl<T> ModelPart for T where
    T: Serialize + DeserializeOwned + Clone + Debug + Default + PartialEq + Send + Sync + 'static
{
}

/// A secret in Terraform's terms: configuration, plan and state of the resource.
///
/// The value, which only some routes return, is a part of its own, so that metadata cannot contain
/// one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Secret<K: SecretKind> {
    /// The metadata that every secret has.
    #[serde(flatten)]
    pub common: CommonMetadata,
    /// The metadata of this type.
    #[serde(flatten)]
    pub own: K::Own,
    /// The value, which only some routes return.
    #[serde(flatten)]
    pub payload: K::Payload,
    /// The user's own data about the current version.
    pub version_custom_metadata: StringMap,
    /// The attributes that only Terraform knows.
    #[serde(flatten)]
    pub settings: K::Settings,
}

/// What to do about the value of a secret in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadInState {
    /// The state has none.
    Absent,
    /// The state already has the current one.
    Kept,
    /// The state should have one, which must be read.
    ToBeRead,
}

/// A secret type: the API types that it adds to those of every secret, its attributes, and its
/// differences from other secrets.
pub trait SecretKind: Clone + Debug + Default + PartialEq + Send + Sync + 'static {
    /// Its counterpart in the client.
    type Api: SecretType;
    /// Metadata of its own.
    type Own: ModelPart;
    /// The value, which only some routes return. Its `Debug` is redacted.
    type Payload: ModelPart;
    /// Attributes that only Terraform knows.
    type Settings: ModelPart;

    /// The type name of resource, data source, list and ephemeral resource.
    const TYPE_NAME: &'static str;
    /// The type name of the data source without the value.
    const METADATA_TYPE_NAME: &'static str;
    /// How messages name one secret, such as `IAM credentials secret`.
    const NAME: &'static str;
    /// How messages name all of them, such as `the IAM credentials secrets`.
    const OBJECTS: &'static str;
    /// Attributes whose change makes a new version or has the value read. Nothing else changes what
    /// the service says of the versions.
    const NEW_VALUE: &'static [&'static str];
    /// Whether the value is the user's to set, so that two secrets with different ones are not the same.
    const VALUE_IS_CONFIGURED: bool = false;
    /// The description of the resource.
    const DESCRIPTION: &'static str;
    /// The description of the data source with the value.
    const DATA_SOURCE: &'static str;
    /// The description of the data source without the value.
    const METADATA_DATA_SOURCE: &'static str;
    /// The description of the list.
    const LIST: &'static str;

    /// Its own attributes. One with the name of a common attribute replaces that.
    fn attributes() -> Vec<Attribute>;

    /// The description of one of its own attributes where it is looked up instead of set.
    fn found_description(_name: &str) -> Option<&'static str> {
        None
    }

    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(config: &Secret<Self>) -> Diagnostics;

    /// See [`crate::instance::InstanceResource::note_defaults`].
    fn note_defaults(_model: &mut Secret<Self>, _defaults: Defaults) {}

    /// See [`crate::framework::resource::ManagedResource::planned_changes`].
    fn planned_changes(_prior: &Secret<Self>, _config: &Secret<Self>) -> &'static [&'static str] {
        &[]
    }

    /// See [`crate::framework::resource::ManagedResource::modify_plan`].
    fn modify_plan(
        prior: Option<&Secret<Self>>,
        config: &Secret<Self>,
        plan: &mut Secret<Self>,
    ) -> Diagnostics;

    /// See [`crate::framework::resource::ManagedResource::replacing`].
    fn replacing(_prior: &Secret<Self>, _plan: &Secret<Self>) -> Diagnostics {
        Diagnostics::default()
    }

    /// See [`crate::framework::resource::ManagedResource::leave_out`].
    fn leave_out(_state: &mut Secret<Self>) {}

    /// Its part of the request that creates the secret.
    fn prototype(
        plan: &Secret<Self>,
        config: &Secret<Self>,
    ) -> Result<<Self::Api as SecretType>::Prototype, Diagnostics>;

    /// Its part of the request that updates the secret, with only what differs.
    fn patch(
        prior: &Secret<Self>,
        plan: &Secret<Self>,
    ) -> Result<<Self::Api as SecretType>::Patch, Diagnostics>;

    /// Its metadata as the service describes it.
    fn own(metadata: <Self::Api as SecretType>::Metadata) -> Self::Own;

    /// Its value as the service returns it.
    fn payload(payload: &<Self::Api as SecretType>::Payload) -> Self::Payload;

    /// What to do about the value in the state `now`, which has that of `prior`.
    fn payload_in_state(
        instance: &Instance,
        prior: Option<&Secret<Self>>,
        now: &Secret<Self>,
    ) -> PayloadInState;

    /// Fills in the attributes that were unknown in the plan of a create and only Terraform knows.
    fn settle_settings(_state: &mut Secret<Self>) {}

    /// Takes over from the plan what only Terraform knows and what an update may change before a
    /// new version is made.
    fn adopt_settings(state: &mut Secret<Self>, plan: &Secret<Self>);

    /// The request for a new version in this update, if one is needed.
    fn new_version(
        prior: &Secret<Self>,
        plan: &Secret<Self>,
        config: &Secret<Self>,
    ) -> Result<Option<<Self::Api as SecretType>::VersionPrototype>, Diagnostics>;

    /// Something in the metadata that is another one after each new version, if there is such a thing.
    fn version_mark(metadata: &client::SecretMetadata<Self::Api>) -> Option<String>;

    /// That mark in a state, if a version that is not in the state may be taken over: one that
    /// an earlier run of the same identity has made and could not record.
    fn version_in_state(_state: &Secret<Self>) -> Option<String> {
        None
    }

    /// What a new version is wanted for, if the next apply could want it once more because the
    /// response was lost. It never contains a secret.
    fn occasion(_prior: &Secret<Self>, _plan: &Secret<Self>) -> Option<Json> {
        None
    }

    /// Updates the state after a new version was created. Its value is not known if the response
    /// was lost.
    fn version_made(
        state: &mut Secret<Self>,
        plan: &Secret<Self>,
        payload: Option<&<Self::Api as SecretType>::Payload>,
    );

    /// Updates the state with what a refresh learns beside metadata and value.
    fn after_read(
        _instance: &Instance,
        _prior: &Secret<Self>,
        _state: &mut Secret<Self>,
    ) -> impl Future<Output = Result<(), ApiError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Updates the state after an update, complete or not.
    fn after_update(_prior: &Secret<Self>, _state: &mut Secret<Self>) {}

    /// Warnings about a secret that was read or created.
    fn warnings(_state: &Secret<Self>) -> Diagnostics {
        Diagnostics::default()
    }

    /// The warning before the value of a secret is looked up, on the attribute that names the
    /// secret.
    fn reading_warning(
        _metadata: &client::SecretMetadata<Self::Api>,
        _attribute: &'static str,
        _object: &str,
    ) -> Option<Diagnostic> {
        None
    }

    /// The warning about a value that was looked up.
    fn value_warning(
        _payload: &Self::Payload,
        _state: &str,
        _attribute: &'static str,
        _object: &str,
    ) -> Option<Diagnostic> {
        None
    }

    /// See [`crate::instance::InstanceResource::what_outlives`].
    fn what_outlives(
        _instance: &Instance,
        _prior: &Secret<Self>,
    ) -> impl Future<Output = Report<bool>> + Send {
        std::future::ready(Report::of(false))
    }

    /// See [`crate::instance::InstanceResource::remove_what_outlives`].
    fn remove_what_outlives(
        _instance: &Instance,
        _prior: &Secret<Self>,
        _was_there: bool,
    ) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(Diagnostics::default())
    }

    /// Advice for a create that the service refused.
    fn create_advice(reason: &ApiError) -> Option<Advice>;

    /// Advice for an update that the service refused.
    fn update_advice(
        _reason: &ApiError,
        _prior: &Secret<Self>,
        _plan: &Secret<Self>,
    ) -> Option<Advice> {
        None
    }
}

impl<K: SecretKind> Secret<K> {
    /// The id in the service; empty before it exists.
    pub fn id(&self) -> &str {
        self.common.secret_id.as_deref_option().unwrap_or_default()
    }

    /// Whether this is the state of an import, which has nothing but the id.
    pub fn is_import(&self) -> bool {
        self.common.name.is_null()
    }

    /// How messages name the secret.
    pub fn describe(&self) -> String {
        match self.common.name.as_deref_option() {
            Some(name) => format!("{} {name:?}", K::NAME),
            None => format!("{} {}", K::NAME, self.id()),
        }
    }

    /// Sets the metadata to what the service describes.
    pub(super) fn set_metadata(&mut self, metadata: client::SecretMetadata<K::Api>) {
        self.common = CommonMetadata::from(metadata.common);
        self.own = K::own(metadata.own);
    }

    /// Reads the secret with its value.
    pub(super) async fn read_value(&mut self, instance: &Instance) -> Result<(), Failure> {
        let secret = instance.client.get_secret::<K::Api>(self.id()).await?;
        self.payload = K::payload(&secret.payload);
        self.set_metadata(secret.metadata);
        Ok(())
    }
}
