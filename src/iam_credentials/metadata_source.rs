//! IAM credentials as they are looked up without their key: a model that has no
//! place for one.

use serde::{Deserialize, Serialize};

use super::fields::fields;
use super::mapping;
use super::model::Metadata;
use crate::client::{SecretMetadata, SecretType};
use crate::framework::check::text as text_check;
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::{Field, FieldSet};
use crate::framework::resource::Call;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, another_kind, failure, nothing_there};
use crate::scope::{self, OBJECT_ID_RULE, Scope, is_object_id};

/// `ibm_sm_iam_credentials_secret_metadata`.
pub struct SecretMetadataSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and what was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    pub(super) scope: Scope,
    #[serde(flatten)]
    pub(super) metadata: Metadata,
}

impl SecretMetadataSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let fields = view::<Found>(
            "An IAM credentials secret of a Secrets Manager instance, by its id, without its API \
             key. Reading it changes nothing.",
            fields(),
            |field| match field.name {
                "secret_id" => lookup_id(field).required(),
                _ => scope::found(field),
            },
        );
        SecretMetadataSource { fields, connection }
    }

    async fn find(&self, call: &Call, config: &Found) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let id = config.metadata.secret_id.as_deref_option().unwrap_or_default();
        let found = metadata_by_id(&instance, id).await?;
        Ok(Found {
            scope: config.scope.of(&instance, &found.id),
            metadata: mapping::metadata(found),
        })
    }
}

/// The id of a secret as something to look up.
pub(super) fn lookup_id(field: Field) -> Field {
    field.check(text_check(OBJECT_ID_RULE, is_object_id)).about("The id of the secret to look up.")
}

/// The metadata of the IAM credentials with this id.
pub(super) async fn metadata_by_id(
    instance: &Instance,
    id: &str,
) -> Result<SecretMetadata, Diagnostics> {
    let found = instance.client.get_secret_metadata(id).await.map_err(|reason| {
        let advice = reason.is_not_found().then(|| nothing_there("secret_id", instance));
        failure(Action::Read, &format!("IAM credentials secret {id}"), &reason, advice)
    })?;
    if found.secret_type != SecretType::IamCredentials {
        let object = format!("Secret {id}");
        let wanted = SecretType::IamCredentials;
        return Err(another_kind(
            "secret_id",
            &object,
            found.secret_type.as_str(),
            wanted.as_str(),
        ));
    }
    Ok(found)
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
