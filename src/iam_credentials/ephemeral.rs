//! `ephemeral "ibm_sm_iam_credentials_secret"`: the key of a secret for the duration of a run, in no
//! plan and no state.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::leased_key::{FOR_GOOD, LeasedKey, renew_at, wait_until_usable};
use super::mapping;
use super::model::{ApiKey, IamCredentials};
use super::no_key::no_key;
use super::orphans;
use crate::client::{self, ApiError, SecretMetadata};
use crate::framework::diag::{Diagnostics, Report, diagnostic, path};
use crate::framework::schema::{Schema, boolean, string};
use crate::framework::value::Value;
use crate::instance::{
    Advice, Crud, Failure, Instance, InstanceEphemeral, Lent, Served, lookup_attributes,
};
use crate::secret::{self, NamedSecret, SecretKind};

/// `ephemeral "ibm_sm_iam_credentials_secret"`.
pub struct IamCredentialsEphemeral;

/// The typed model of configuration and result.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Model {
    #[serde(flatten)]
    named: NamedSecret,
    wait_until_usable: Value<bool>,
    revoke_on_close: Value<bool>,
    #[serde(flatten)]
    payload: ApiKey,
    api_key_id: Value<String>,
    service_id: Value<String>,
    expiration_date: Value<String>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("named", &self.named).finish_non_exhaustive()
    }
}

/// What renewing and closing need to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Private {
    key: LeasedKey,
    revoke: bool,
}

impl Served for IamCredentialsEphemeral {
    const TYPE_NAME: &'static str = IamCredentials::TYPE_NAME;

    fn schema() -> Schema {
        let mut attributes = lookup_attributes();
        attributes.extend(secret::lookup_attributes());
        attributes.extend([
            boolean("wait_until_usable").description(
                "Whether to wait until IAM accepts the key, which takes a few seconds for a new \
                 one; for a minute at most. Default: true.",
            ),
            boolean("revoke_on_close").description(
                "Whether the key is revoked at the end of the run. Default: true for a secret with \
                 `reuse_api_key = false`, whose key was created for this run alone. A reused key is \
                 never revoked.",
            ),
            string("api_key").computed().sensitive().description("The API key."),
            string("api_key_id").computed().description("The id of the API key in IAM."),
            string("service_id").computed().description("The service ID of the key."),
            string("expiration_date").computed().description("When the key expires, RFC 3339."),
        ]);
        Schema::new(
            "The key of an IAM credentials secret for the duration of a run. Reading a secret with \
             `reuse_api_key = false` creates a new key and revokes the previous one, whoever uses \
             it: be the only reader of such a secret, or use `ibm_sm_iam_credentials_lease`.",
            attributes,
        )
    }
}

impl InstanceEphemeral for IamCredentialsEphemeral {
    type Model = Model;
    type Private = Private;

    fn validate(config: &Model) -> Diagnostics {
        config.named.validate()
    }

    async fn open(
        instance: &Instance,
        config: Model,
        warnings: &mut Diagnostics,
    ) -> Result<Lent<Model, Private>, Diagnostics> {
        let lookup = config.named.lookup();
        let before = lookup.metadata::<IamCredentials>(instance).await?;
        let object = object(before.common.name.as_deref().unwrap_or(&before.common.id));
        let secret = lookup.value::<IamCredentials>(instance, &before).await?;
        warn_of_other_readers(&object, &before, warnings);
        let metadata = &secret.metadata;
        let (Some(api_key), Some(api_key_id)) = (&secret.payload.api_key, &metadata.own.api_key_id)
        else {
            let state = metadata.common.state_description.as_deref().unwrap_or("unknown");
            let remedy = "Rotate the secret to create a new one.";
            let mut missing = Diagnostics::default();
            missing.add_error(no_key("api_key", &object, state, remedy));
            return Err(missing);
        };
        let key = LeasedKey::new(instance, metadata, api_key_id);
        let revoke = before.own.is_dynamic() && config.revoke_on_close != Value::Value(false);
        if config.wait_until_usable != Value::Value(false)
            && let Err(mut failed) = wait_until_usable(instance, &object, api_key).await
        {
            // Terraform does not close what failed to open.
            if revoke && let Err(reason) = revoke_if_current(&instance.uninterrupted(), &key).await
            {
                let left = instance.diagnostics(Crud::Delete, &object, reason.into());
                failed.add_diagnostics(left);
            }
            return Err(failed);
        }
        let renew_at = renew_at(instance, metadata);
        let model = Model {
            named: config.named.found(&metadata.common),
            payload: mapping::payload(&secret.payload),
            api_key_id: metadata.own.api_key_id.clone().into(),
            service_id: metadata.own.service_id.clone().into(),
            expiration_date: metadata.common.expiration_date.map(|end| end.to_string()).into(),
            ..config
        };
        Ok(Lent { model, private: Private { key, revoke }, renew_at })
    }

    async fn renew(instance: &Instance, private: &Private) -> Report<Option<SystemTime>> {
        let object = format!("{} {}", IamCredentials::NAME, private.key.secret_id);
        private.key.renew(instance, &object).await
    }

    async fn close(instance: &Instance, Private { key, revoke }: &Private) -> Diagnostics {
        let object = format!("{} {}", IamCredentials::NAME, key.secret_id);
        let mut diagnostics = Diagnostics::default();
        if *revoke {
            diagnostics.add_diagnostics(end(instance, key, &object).await);
        }
        diagnostics.add_diagnostics(key.outlived(&object, instance.client.service_time()));
        diagnostics
    }
}

/// Revokes the key at the end of the run.
async fn end(instance: &Instance, key: &LeasedKey, object: &str) -> Diagnostics {
    match revoke_if_current(instance, key).await {
        Ok(true) => Diagnostics::default(),
        Ok(false) => orphans::remove(instance, object, &key.credentials, false, FOR_GOOD).await,
        Err(reason) => {
            let advice = Advice::new(
                "The key stays valid until it expires. To revoke it earlier, delete the data of the \
                 current version of the secret.",
            );
            let failure = Failure::Api(reason, Some(advice));
            instance.diagnostics(Crud::Delete, &format!("the key of {object}"), failure)
        }
    }
}

fn object(name: &str) -> String {
    format!("{} {name:?}", IamCredentials::NAME)
}

/// Warns that the read revoked a key that somebody else may be using.
fn warn_of_other_readers(
    object: &str,
    before: &SecretMetadata<client::IamCredentials>,
    warnings: &mut Diagnostics,
) {
    if let (true, Some(api_key_id)) = (before.own.is_dynamic(), &before.own.api_key_id) {
        warnings.add_warning(diagnostic(
            path("secret_id"),
            format!("{object} has another reader"),
            format!(
                "Its current key was {api_key_id} of an earlier read, which this run has revoked by \
                 reading the secret: whoever used that key is locked out. Be the only reader of a secret with \
                 reuse_api_key = false, or use ibm_sm_iam_credentials_lease."
            ),
        ));
    }
}

/// Revokes the key if it is still the current one. The value is whether the secret was there.
async fn revoke_if_current(instance: &Instance, key: &LeasedKey) -> Result<bool, ApiError> {
    let (client, secret_id) = (&instance.client, &key.secret_id);
    let revoke = async {
        let metadata: SecretMetadata<client::IamCredentials> =
            client.get_secret_metadata(secret_id).await?;
        if metadata.own.api_key_id.as_ref() == Some(&key.api_key_id) {
            client.delete_current_version_data(secret_id).await?;
        }
        Ok(true)
    };
    match revoke.await {
        Err(reason) if ApiError::is_not_found(&reason) => Ok(false),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::testing::assert_model_has_what_is_declared;

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_model_has_what_is_declared::<IamCredentialsEphemeral>(&Model::default());
    }
}
