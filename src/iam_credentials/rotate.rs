//! `action "ibm_sm_iam_credentials_rotate"`: a new key now, without a change of
//! configuration.

use serde::Deserialize;

use crate::client::{ApiErrorKind, IamCredentials, NewKey, SecretType};
use crate::framework::action::{Action as ManagedAction, Progress};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::field::{FieldSet, text};
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::Connection;
use crate::scope::failure::{Action, Advice};
use crate::scope::{self, Scope};

/// `action "ibm_sm_iam_credentials_rotate"`.
pub struct Rotate {
    fields: FieldSet,
    connection: Connection,
}

impl Rotate {
    /// The action, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let mut fields = scope::lookup_fields();
        fields.push(text("secret_id").required().about("The id of the secret to rotate."));
        let about = "Rotates an IAM credentials secret: a new key becomes current, and the one \
                     before works until its own lease ends. The secret must have `reuse_api_key = \
                     true`.";
        Rotate { fields: FieldSet::new(about, fields), connection }
    }
}

/// The configuration.
#[derive(Deserialize)]
pub struct Model {
    #[serde(flatten)]
    scope: Scope,
    secret_id: Value<String>,
}

impl ManagedAction for Rotate {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_rotate"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    async fn invoke(&self, call: Call, config: Model, progress: Progress) -> Diagnostics {
        let id = config.secret_id.as_deref_option().unwrap_or_default();
        let instance = match self.connection.instance(&config.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        let object = format!("IAM credentials secret {id}");
        let refused = |reason: &crate::client::ApiError| {
            let advice = (reason.kind() == ApiErrorKind::NotFound).then(|| {
                Advice::on("secret_id", "There is no such secret in the instance: check the id.")
            });
            instance.failure(Action::Update, &object, reason, advice)
        };
        let before = match instance.client.get_secret_metadata::<IamCredentials>(id).await {
            Ok(before) => before,
            Err(reason) => return refused(&reason),
        };
        if before.common.secret_type != IamCredentials::NAME
            || before.own.reuse_api_key == Some(false)
        {
            return error(
                path("secret_id"),
                format!("Cannot rotate {object}"),
                format!(
                    "It is of type {} with reuse_api_key = {}. Only IAM credentials with \
                     reuse_api_key = true have a key that can be rotated.",
                    before.common.secret_type.as_str(),
                    before.own.reuse_api_key.unwrap_or(false)
                ),
            );
        }
        progress(format!("Rotating {object}"));
        // The version that is made carries on what the user said about the current one.
        let current = instance.client.get_version_metadata::<IamCredentials>(id, "current").await;
        let version_custom_metadata =
            current.ok().and_then(|version| version.version_custom_metadata);
        let prototype =
            super::mapping::VersionPrototype { version_custom_metadata, own: NewKey {} };
        match instance.client.create_version(id, &prototype).await {
            Ok(version) => {
                let key = version.metadata.own.api_key_id.unwrap_or_default();
                let end = version.metadata.expiration_date.map(|end| end.to_string());
                progress(format!("{key} is current, until {}", end.unwrap_or_default()));
                Diagnostics::default()
            }
            Err(reason) => refused(&reason),
        }
    }
}
