//! The data source that looks the engine's configuration up by its name.

use serde::{Deserialize, Serialize};

use super::attributes::attributes;
use super::model::{Configuration, configuration};
use super::resource::{TYPE_NAME, WANTED};
use crate::framework::diag::Diagnostics;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::Value;
use crate::instance::{
    Crud, Failure, Instance, InstanceDataSource, Served, data_source_schema, of_another_type,
};

/// The data source `ibm_sm_iam_credentials_configuration`.
pub struct ConfigurationDataSource;

/// What to look up, and the configuration that was found.
#[derive(Default, Serialize, Deserialize)]
pub struct FoundConfiguration {
    name: Value<String>,
    api_key: Value<String>,
    disabled: Value<bool>,
    config_type: Value<String>,
    secret_type: Value<String>,
    created_by: Value<String>,
    created_at: Value<String>,
    updated_at: Value<String>,
}

impl Served for ConfigurationDataSource {
    const TYPE_NAME: &'static str = TYPE_NAME;

    fn schema() -> Schema {
        data_source_schema::<FoundConfiguration>(
            "The configuration of the IAM credentials engine of a Secrets Manager instance, looked \
             up by its name. The service returns its API key in clear text, so it is in the state.",
            attributes().into_iter().map(|attribute| match attribute.name {
                "name" => Attribute { requires_replace: false, ..attribute },
                "api_key" => attribute
                    .read_only()
                    .description("The API key that the engine uses in IAM, in clear text."),
                _ => attribute.read_only(),
            }),
        )
    }
}

impl InstanceDataSource for ConfigurationDataSource {
    type Model = FoundConfiguration;

    fn id(found: &FoundConfiguration) -> Option<&str> {
        found.name.as_deref_option()
    }

    async fn read(
        instance: &Instance,
        config: FoundConfiguration,
        _: &mut Diagnostics,
    ) -> Result<FoundConfiguration, Diagnostics> {
        let name = config.name.as_deref_option().unwrap_or_default();
        let object = format!("IAM credentials configuration {name:?}");
        let found = instance.client.get_configuration(name).await.map_err(|reason| {
            let advice = reason.is_not_found().then(|| instance.nothing_there("name"));
            instance.diagnostics(Crud::Read, &object, Failure::Api(reason, advice))
        })?;
        let config_type = &found.metadata.config_type;
        if *config_type != WANTED {
            return Err(of_another_type("name", &object, config_type.as_str(), WANTED.as_str()));
        }
        let before = Configuration::default();
        let found = configuration(&before, found.metadata, found.api_key.as_ref());
        Ok(FoundConfiguration {
            name: found.name,
            api_key: found.payload.api_key,
            disabled: found.disabled,
            config_type: found.config_type,
            secret_type: found.secret_type,
            created_by: found.created_by,
            created_at: found.created_at,
            updated_at: found.updated_at,
        })
    }
}
