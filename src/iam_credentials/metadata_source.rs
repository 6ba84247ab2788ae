//! IAM credentials as they are looked up without their key: a model that has no
//! place for one.

use serde::{Deserialize, Serialize};

use super::fields::fields;
use super::lookup::{self, Lookup};
use super::mapping;
use super::model::Metadata;
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::resource::Call;
use crate::scope::Scope;
use crate::scope::connection::Connection;

/// `ibm_sm_iam_credentials_secret_metadata`.
pub struct SecretMetadataSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and what was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    metadata: Metadata,
}

impl SecretMetadataSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let fields = view::<Found>(
            "An IAM credentials secret of a Secrets Manager instance, by its id, without its API \
             key. Reading it changes nothing.",
            fields(),
            |field| match field.name {
                "secret_id" => lookup::secret_id().required().about("The id of the secret."),
                _ => lookup::found(field),
            },
        );
        SecretMetadataSource { fields, connection }
    }

    async fn find(&self, call: &Call, config: &Found) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let id = config.metadata.secret_id.as_deref_option().unwrap_or_default();
        let found = Lookup::Id(id).metadata(&instance).await?;
        Ok(Found {
            scope: config.scope.of(&instance, &found.common.id),
            metadata: mapping::metadata(found),
        })
    }
}

impl DataSource for SecretMetadataSource {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret_metadata"
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
