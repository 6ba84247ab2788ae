//! IAM credentials as they are looked up with their key, by id or by name; the
//! user is told before a read makes a new one.

use serde::{Deserialize, Serialize};

use super::fields::fields;
use super::lookup::{self, Lookup};
use super::mapping;
use super::model::{Metadata, Payload};
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostic, Diagnostics, Report, diagnostic, path};
use crate::framework::field::FieldSet;
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::Scope;
use crate::scope::connection::Connection;

/// `ibm_sm_iam_credentials_secret`, looked up.
pub struct SecretSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and the secret that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    metadata: Metadata,
    #[serde(flatten)]
    payload: Payload,
    secret_group_name: Value<String>,
}

impl SecretSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let fields = view::<Found>(
            "An IAM credentials secret of a Secrets Manager instance with its API key, by its id \
             or by its name. With `reuse_api_key = false` each read makes a new key: use the \
             ephemeral resource `ibm_sm_iam_credentials_secret` instead.",
            fields().into_iter().chain([lookup::secret_group_name()]),
            |field| match field.name {
                "secret_id" => lookup::secret_id(),
                "name" => lookup::name(),
                "secret_group_name" => field,
                _ => lookup::found(field),
            },
        );
        SecretSource { fields, connection }
    }

    async fn find(
        &self,
        call: &Call,
        config: &Found,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let Found { metadata: Metadata { secret_id, name, .. }, secret_group_name, .. } = config;
        let lookup = Lookup::of(secret_id, name, secret_group_name);
        let before = lookup.metadata(&instance).await?;
        if before.own.reuse_api_key == Some(false) {
            warnings.push(makes_a_key(lookup));
        }
        let secret = lookup.value(&instance, &before).await?;
        let found = Found {
            scope: config.scope.of(&instance, &secret.metadata.common.id),
            payload: mapping::payload(secret.payload.api_key.as_ref()),
            metadata: mapping::metadata(secret.metadata),
            secret_group_name: config.secret_group_name.clone(),
        };
        if !found.payload.api_key.is_value() {
            warnings.push(no_key(lookup, &found.metadata));
        }
        Ok(found)
    }
}

impl DataSource for SecretSource {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, config: &Found) -> Diagnostics {
        let Found { metadata: Metadata { secret_id, name, .. }, secret_group_name, .. } = config;
        lookup::validate(secret_id, name, secret_group_name)
    }

    async fn read(&self, call: Call, config: Found) -> Report<Option<Found>> {
        let mut warnings = Vec::new();
        let mut report = Report::found(self.find(&call, &config, &mut warnings).await.map(Some));
        report.diagnostics.warnings.extend(warnings);
        report
    }
}

fn makes_a_key(lookup: Lookup<'_>) -> Diagnostic {
    diagnostic(
        path(lookup.attribute()),
        "Reading this data source makes a new API key",
        format!(
            "{} has reuse_api_key = false: each read of its value deletes the current key, also \
             for everybody else who uses it, makes a new one, and leaves that in the state. Each \
             plan and each refresh reads it. Use the ephemeral resource \
             ibm_sm_iam_credentials_secret for a key that lives as long as the run, or the data \
             source ibm_sm_iam_credentials_secret_metadata for everything but the key.",
            lookup.describe()
        ),
    )
}

/// A secret without a key is never a silent null.
fn no_key(lookup: Lookup<'_>, metadata: &Metadata) -> Diagnostic {
    diagnostic(
        path(lookup.attribute()),
        format!("{} has no key", lookup.describe()),
        format!(
            "The service holds no API key for it (state: {}), and api_key is null. Its lease may \
             have ended, or its key was deleted. Rotate the secret to have a new one.",
            metadata.state_description.as_deref_option().unwrap_or("unknown")
        ),
    )
}
