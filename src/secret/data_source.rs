//! The data sources of secrets: with the value by id or name, and without it by id.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::attributes::{attributes, found_attribute};
use super::kind::SecretKind;
use super::lookup::{Lookup, lookup_attributes, validate_lookup};
use super::metadata::CommonMetadata;
use crate::framework::diag::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::instance::{Instance, InstanceDataSource, Served, data_source_schema};

/// The data source of a secret type with the value.
pub struct SecretDataSource<K>(PhantomData<fn() -> K>);

/// What to look up, and the secret that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct FoundSecret<K: SecretKind> {
    #[serde(flatten)]
    common: CommonMetadata,
    #[serde(flatten)]
    own: K::Own,
    #[serde(flatten)]
    payload: K::Payload,
    secret_group_name: Value<String>,
}

impl<K: SecretKind> Served for SecretDataSource<K> {
    const TYPE_NAME: &'static str = K::TYPE_NAME;

    fn schema() -> Schema {
        let others = attributes::<K>()
            .into_iter()
            .filter(|attribute| !matches!(attribute.name, "secret_id" | "name"))
            .map(found_attribute::<K>);
        data_source_schema::<FoundSecret<K>>(
            K::DATA_SOURCE,
            lookup_attributes().into_iter().chain(others),
        )
    }
}

impl<K: SecretKind> InstanceDataSource for SecretDataSource<K> {
    type Model = FoundSecret<K>;

    fn validate(config: &FoundSecret<K>) -> Diagnostics {
        let CommonMetadata { secret_id, name, .. } = &config.common;
        validate_lookup(secret_id, name, &config.secret_group_name)
    }

    fn id(found: &FoundSecret<K>) -> Option<&str> {
        found.common.secret_id.as_deref_option()
    }

    async fn read(
        instance: &Instance,
        config: FoundSecret<K>,
        warnings: &mut Diagnostics,
    ) -> Result<FoundSecret<K>, Diagnostics> {
        let CommonMetadata { secret_id, name, .. } = &config.common;
        let lookup = Lookup::of(secret_id, name, &config.secret_group_name);
        let object = lookup.describe::<K>();
        let before = lookup.metadata::<K>(instance).await?;
        warnings.warnings.extend(K::reading_warning(&before, lookup.attribute(), &object));
        let secret = lookup.value::<K>(instance, &before).await?;
        let payload = K::payload(&secret.payload);
        let common = CommonMetadata::from(secret.metadata.common);
        warnings.warnings.extend(K::value_warning(
            &payload,
            common.state_in_words(),
            lookup.attribute(),
            &object,
        ));
        let own = K::own(secret.metadata.own);
        Ok(FoundSecret { common, own, payload, secret_group_name: config.secret_group_name })
    }
}

/// The data source of a secret type without the value; its model has no field for one.
pub struct SecretMetadataDataSource<K>(PhantomData<fn() -> K>);

/// What to find, and what was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct FoundMetadata<K: SecretKind> {
    #[serde(flatten)]
    common: CommonMetadata,
    #[serde(flatten)]
    own: K::Own,
}

impl<K: SecretKind> Served for SecretMetadataDataSource<K> {
    const TYPE_NAME: &'static str = K::METADATA_TYPE_NAME;

    fn schema() -> Schema {
        let [secret_id, ..] = lookup_attributes();
        data_source_schema::<FoundMetadata<K>>(
            K::METADATA_DATA_SOURCE,
            attributes::<K>()
                .into_iter()
                .filter(|attribute| attribute.name != "secret_id")
                .map(found_attribute::<K>)
                .chain([secret_id.required().description("The id of the secret.")]),
        )
    }
}

impl<K: SecretKind> InstanceDataSource for SecretMetadataDataSource<K> {
    type Model = FoundMetadata<K>;

    fn id(found: &FoundMetadata<K>) -> Option<&str> {
        found.common.secret_id.as_deref_option()
    }

    async fn read(
        instance: &Instance,
        config: FoundMetadata<K>,
        _: &mut Diagnostics,
    ) -> Result<FoundMetadata<K>, Diagnostics> {
        let id = config.common.secret_id.as_deref_option().unwrap_or_default();
        let found = Lookup::Id(id).metadata::<K>(instance).await?;
        Ok(FoundMetadata { common: found.common.into(), own: K::own(found.own) })
    }
}
