//! `action "ibm_sm_iam_credentials_rotate"`: rotates a secret now, without a change of its configuration.

use serde::Deserialize;

use super::model::IamCredentials;
use crate::client::{self, ApiErrorKind, NewKey, SecretMetadata, SecretType, VersionPrototype};
use crate::framework::action::Progress;
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::schema::{Schema, string};
use crate::framework::value::Value;
use crate::instance::{Advice, Crud, Failure, Instance, InstanceAction, Served, lookup_attributes};
use crate::secret::{CURRENT, NewVersion, create_version_once};

/// `action "ibm_sm_iam_credentials_rotate"`.
pub struct Rotate;

/// The configuration.
#[derive(Deserialize)]
pub struct Model {
    secret_id: Value<String>,
}

impl Served for Rotate {
    const TYPE_NAME: &'static str = "ibm_sm_iam_credentials_rotate";

    fn schema() -> Schema {
        let mut attributes = lookup_attributes();
        attributes
            .push(string("secret_id").required().description("The id of the secret to rotate."));
        let description = "Rotates an IAM credentials secret: a new key becomes current, and the \
                           previous one works until it expires. The secret must have `reuse_api_key \
                           = true`.";
        Schema::new(description, attributes)
    }
}

impl InstanceAction for Rotate {
    type Model = Model;

    async fn invoke(
        instance: &Instance,
        config: Model,
        progress: Progress,
    ) -> Result<(), Diagnostics> {
        let id = config.secret_id.as_deref_option().unwrap_or_default();
        let object = format!("IAM credentials secret {id}");
        rotate(instance, id, &object, progress).await.map_err(|failure| {
            let failure = failure.advised(|reason| {
                (reason.kind() == ApiErrorKind::NotFound).then(|| {
                    Advice::on(
                        "secret_id",
                        "There is no such secret in the instance: check the id.",
                    )
                })
            });
            instance.diagnostics(Crud::Update, &object, failure)
        })
    }
}

async fn rotate(
    instance: &Instance,
    id: &str,
    object: &str,
    progress: Progress,
) -> Result<(), Failure> {
    type Api = client::IamCredentials;
    let before: SecretMetadata<Api> = instance.client.get_secret_metadata(id).await?;
    if before.common.secret_type != Api::NAME || before.own.is_dynamic() {
        return Err(Failure::Told(error(
            path("secret_id"),
            format!("Cannot rotate {object}"),
            format!(
                "It is of type {} with reuse_api_key = {}. Only IAM credentials with \
                 reuse_api_key = true have a key that can be rotated.",
                before.common.secret_type,
                before.own.reuse_api_key.unwrap_or(false)
            ),
        )));
    }
    progress(format!("Rotating {object}"));
    // The new version gets the user's metadata of the current one.
    let current = instance.client.get_version_metadata::<Api>(id, CURRENT).await;
    let version_custom_metadata = current.ok().and_then(|version| version.version_custom_metadata);
    let prototype = VersionPrototype { version_custom_metadata, own: NewKey {} };
    let NewVersion { metadata, .. } =
        create_version_once::<IamCredentials>(instance, &before, &prototype, None).await?;
    let key = metadata.own.api_key_id.unwrap_or_default();
    let end = metadata.expiration_date.map(|end| end.to_string());
    progress(format!("{key} is current, until {}", end.unwrap_or_default()));
    Ok(())
}
