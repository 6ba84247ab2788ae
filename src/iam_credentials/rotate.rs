//! `action "ibm_sm_iam_credentials_rotate"`: rotates a secret now, without a change of its configuration.

use serde::Deserialize;

use super::model::IamCredentials;
use crate::client::{self, ApiErrorKind, NewKey, SecretMetadata, SecretType, VersionPrototype};
use crate::framework::action::Progress;
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::schema::{Schema, string};
use crate::framework::validators::checked;
use crate::framework::value::Value;
use crate::instance::{Advice, Crud, Failure, Instance, InstanceAction, Served, lookup_attributes};
use crate::secret::{CURRENT, NewVersion, Wanted, create_version_once};
use crate::units::id::{OBJECT_ID_RULE, check_object_id};

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
        attributes.push(
            string("secret_id")
                .required()
                .validator(checked(OBJECT_ID_RULE, check_object_id))
                .description("The id of the secret to rotate."),
        );
        let description = "Rotates an IAM credentials secret: a new key becomes current, and the \
                           previous one works until it expires. The secret must have `reuse_api_key \
                           = true`. A state that stores the key has the former one until its next \
                           refresh.";
        Schema::new(description, attributes)
    }
}

impl InstanceAction for Rotate {
    type Model = Model;

    async fn plan(instance: &Instance, config: Model) -> Result<(), Diagnostics> {
        let Value::Value(id) = &config.secret_id else { return Ok(()) };
        match rotatable(instance, id).await {
            // They may not be known before the apply.
            Err(Failure::Api(reason, _)) if reason.kind() == ApiErrorKind::NoCredentials => Ok(()),
            checked => checked.map(drop).map_err(|failure| told(instance, id, failure)),
        }
    }

    async fn invoke(
        instance: &Instance,
        config: Model,
        progress: Progress,
    ) -> Result<(), Diagnostics> {
        let id = config.secret_id.as_deref_option().unwrap_or_default();
        rotate(instance, id, progress).await.map_err(|failure| told(instance, id, failure))
    }
}

fn describe(id: &str) -> String {
    format!("IAM credentials secret {id}")
}

fn told(instance: &Instance, id: &str, failure: Failure) -> Diagnostics {
    let failure = failure.advised(|reason| {
        (reason.kind() == ApiErrorKind::NotFound).then(|| {
            Advice::on("secret_id", "There is no such secret in the instance: check the id.")
        })
    });
    instance.diagnostics(Crud::Update, &describe(id), failure)
}

type Api = client::IamCredentials;

/// Fails unless the secret has a key that can be rotated.
async fn rotatable(instance: &Instance, id: &str) -> Result<SecretMetadata<Api>, Failure> {
    let found: SecretMetadata<Api> = instance.client.get_secret_metadata(id).await?;
    if found.common.secret_type == Api::NAME && !found.own.is_dynamic() {
        return Ok(found);
    }
    Err(Failure::Told(error(
        path("secret_id"),
        format!("Cannot rotate {}", describe(id)),
        format!(
            "It is of type {} with reuse_api_key = {}. Only IAM credentials with reuse_api_key = \
             true have a key that can be rotated.",
            found.common.secret_type,
            found.own.reuse_api_key.unwrap_or(false)
        ),
    )))
}

async fn rotate(instance: &Instance, id: &str, progress: Progress) -> Result<(), Failure> {
    let before = rotatable(instance, id).await?;
    progress(format!("Rotating {}", describe(id)));
    // The new version gets the user's metadata of the current one.
    let current = instance.client.get_version_metadata::<Api>(id, CURRENT).await;
    let version_custom_metadata = current.ok().and_then(|version| version.version_custom_metadata);
    let prototype = VersionPrototype { version_custom_metadata, own: NewKey {} };
    let NewVersion { metadata, .. } =
        create_version_once::<IamCredentials>(instance, &before, &prototype, Wanted::default())
            .await?;
    let key = metadata.own.api_key_id.unwrap_or_default();
    let end = metadata.expiration_date.map(|end| end.to_string());
    progress(format!(
        "{key} is current, until {}. A state that stores the key of this secret has the former one \
         until its next refresh",
        end.unwrap_or_default()
    ));
    Ok(())
}
