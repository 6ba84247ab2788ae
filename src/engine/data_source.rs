//! The engine's configuration as it is looked up, by its name.

use serde::{Deserialize, Serialize};

use super::fields::fields;
use super::model::{State, state};
use crate::client::ConfigurationType::IamCredentialsConfiguration;
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::Connection;
use crate::scope::failure::{Action, another_kind, nothing_there};
use crate::scope::{self, Scope};

/// `ibm_sm_iam_credentials_configuration`, looked up.
pub struct EngineConfigurationSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and the configuration that was found.
#[derive(Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    scope: Scope,
    name: Value<String>,
    api_key: Value<String>,
    disabled: Value<bool>,
    config_type: Value<String>,
    secret_type: Value<String>,
    created_by: Value<String>,
    created_at: Value<String>,
    updated_at: Value<String>,
}

impl EngineConfigurationSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let fields = view::<Found>(
            "The configuration of the IAM credentials engine of a Secrets Manager instance, by its \
             name. The service returns its API key in clear text, so it is in the state.",
            fields(),
            |field| match field.name {
                "name" => field,
                "api_key" => scope::found(field)
                    .about("The API key with which the engine works in IAM, in clear text."),
                _ => scope::found(field),
            },
        );
        EngineConfigurationSource { fields, connection }
    }

    async fn find(&self, call: &Call, config: &Found) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let name = config.name.as_deref_option().unwrap_or_default();
        let object = format!("IAM credentials configuration {name:?}");
        let found = instance.client.get_configuration(name).await.map_err(|reason| {
            let advice = reason.is_not_found().then(|| nothing_there("name", &instance));
            instance.failure(Action::Read, &object, &reason, advice)
        })?;
        let kind = &found.metadata.config_type;
        if *kind != IamCredentialsConfiguration {
            let wanted = IamCredentialsConfiguration.as_str();
            return Err(another_kind("name", &object, kind.as_str(), wanted));
        }
        let nothing_known = State { scope: config.scope.clone(), ..State::default() };
        Ok(state(&nothing_known, &instance, found.metadata, found.api_key.as_ref()).into())
    }
}

impl From<State> for Found {
    fn from(state: State) -> Self {
        Found {
            scope: state.scope,
            name: state.name,
            api_key: state.payload.api_key,
            disabled: state.disabled,
            config_type: state.config_type,
            secret_type: state.secret_type,
            created_by: state.created_by,
            created_at: state.created_at,
            updated_at: state.updated_at,
        }
    }
}

impl DataSource for EngineConfigurationSource {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_configuration"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, _: &Found) -> Diagnostics {
        Diagnostics::default()
    }

    async fn read(&self, call: Call, config: Found) -> Report<Option<Found>> {
        Report::found(self.find(&call, &config).await.map(Some))
    }
}
