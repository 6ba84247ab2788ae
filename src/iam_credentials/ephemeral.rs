//! `ephemeral "ibm_sm_iam_credentials_secret"`: the key of a secret for the length
//! of a run, in no plan and no state.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::held_key::{HeldKey, renew_at, unusable, wait_until_usable};
use super::lookup::{self, Lookup};
use super::mapping;
use super::mapping::SecretMetadata;
use super::model::Payload;
use crate::client::ApiError;
use crate::framework::diag::{Diagnostics, Report, diagnostic, error, path};
use crate::framework::ephemeral::{EphemeralResource, Opened};
use crate::framework::field::{FieldSet, flag, text};
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice};
use crate::scope::{self, Scope};

/// `ephemeral "ibm_sm_iam_credentials_secret"`.
pub struct HeldSecret {
    fields: FieldSet,
    connection: Connection,
}

impl HeldSecret {
    /// The resource, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        HeldSecret { fields: fields(), connection }
    }
}

/// What is asked for, and what is given.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Model {
    #[serde(flatten)]
    scope: Scope,
    secret_id: Value<String>,
    name: Value<String>,
    secret_group_name: Value<String>,
    wait_until_usable: Value<bool>,
    revoke_on_close: Value<bool>,
    #[serde(flatten)]
    payload: Payload,
    api_key_id: Value<String>,
    service_id: Value<String>,
    expiration_date: Value<String>,
}

/// What a close needs to know.
#[derive(Serialize, Deserialize)]
pub struct Memory {
    key: HeldKey,
    revoke: bool,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}

fn fields() -> FieldSet {
    let mut fields = scope::lookup_fields();
    fields.extend([
        lookup::secret_id(),
        lookup::name(),
        lookup::secret_group_name(),
        flag("wait_until_usable").about(
            "Whether to wait until IAM accepts the key, which takes a few seconds for a new one; \
             for a minute at most. Default: true.",
        ),
        flag("revoke_on_close").about(
            "Whether the key is revoked at the end of the run. Default: true for a secret with \
             `reuse_api_key = false`, whose key this run alone has made. A key that is reused is \
             never revoked.",
        ),
        text("api_key").computed().sensitive().about("The API key."),
        text("api_key_id").computed().about("The id of the API key in IAM."),
        text("service_id").computed().about("The service ID of the key."),
        text("expiration_date").computed().about("When the key ends, RFC 3339."),
    ]);
    FieldSet::new(
        "The key of an IAM credentials secret for the length of a run. Reading a secret with \
         `reuse_api_key = false` makes a new key and revokes the one before, whoever uses it: for \
         such a secret be its only reader, or use `ibm_sm_iam_credentials_lease`.",
        fields,
    )
}

impl EphemeralResource for HeldSecret {
    type Model = Model;
    type Memory = Memory;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, config: &Model) -> Diagnostics {
        lookup::validate(&config.secret_id, &config.name, &config.secret_group_name)
    }

    async fn open(&self, call: Call, config: Model) -> Report<Option<Opened<Model, Memory>>> {
        let instance = match self.connection.instance(&config.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        match open(&instance, config).await {
            Ok((opened, diagnostics)) => Report::with(Some(opened), diagnostics),
            Err(diagnostics) => Report::with(None, diagnostics),
        }
    }

    async fn renew(&self, call: Call, memory: Memory) -> Report<Option<SystemTime>> {
        let object = format!("IAM credentials secret {}", memory.key.secret_id);
        memory.key.renew(&self.connection, &call, &object).await
    }

    async fn close(&self, call: Call, Memory { key, revoke }: Memory) -> Diagnostics {
        if !revoke {
            return Diagnostics::default();
        }
        let instance = match self.connection.instance(&key.scope(), &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        match revoke_if_current(&instance, &key).await {
            Ok(()) => Diagnostics::default(),
            Err(reason) => {
                let object = format!("the key of IAM credentials secret {}", key.secret_id);
                let advice = Advice::new(
                    "The key stays valid until its lease ends. It can be revoked before by deleting \
                     the data of the current version of the secret.",
                );
                instance.failure(Action::Delete, &object, &reason, Some(advice))
            }
        }
    }
}

async fn open(
    instance: &Instance,
    config: Model,
) -> Result<(Opened<Model, Memory>, Diagnostics), Diagnostics> {
    let lookup = Lookup::of(&config.secret_id, &config.name, &config.secret_group_name);
    let before = lookup.metadata(instance).await?;
    let object = format!(
        "IAM credentials secret {:?}",
        before.common.name.as_deref().unwrap_or(&before.common.id)
    );
    let dynamic = before.own.reuse_api_key == Some(false);
    let mut diagnostics = shared_with_others(&object, &before, dynamic);
    let secret = lookup.value(instance, &before).await?;
    let (Some(api_key), Some(api_key_id)) =
        (secret.payload.api_key, &secret.metadata.own.api_key_id)
    else {
        return Err(error(
            path("api_key"),
            format!("{object} has no key"),
            format!(
                "The service holds no API key for it (state: {}). Rotate the secret to make a new \
                 one.",
                secret.metadata.common.state_description.as_deref().unwrap_or("unknown")
            ),
        ));
    };
    let key = HeldKey::new(instance, &config.scope, &before.common.id, api_key_id);
    let revoke = dynamic && config.revoke_on_close != Value::Value(false);
    if config.wait_until_usable != Value::Value(false)
        && let Err(reason) = wait_until_usable(instance, &api_key).await
    {
        diagnostics.add_diagnostics(unusable(&object, &reason));
        if revoke {
            // Nothing is closed that was not opened.
            if let Err(reason) = revoke_if_current(&instance.uninterrupted(), &key).await {
                let failed = instance.failure(Action::Delete, &object, &reason, None);
                diagnostics.add_diagnostics(failed);
            }
        }
        return Err(diagnostics);
    }
    let renew_at =
        renew_at(instance, secret.metadata.common.expiration_date.map(|end| end.as_date_time()));
    let metadata = mapping::metadata(secret.metadata);
    let result = Model {
        scope: config.scope.of(instance, &before.common.id),
        secret_id: metadata.secret_id,
        name: metadata.name,
        payload: mapping::payload(Some(&api_key)),
        api_key_id: metadata.api_key_id,
        service_id: metadata.service_id,
        expiration_date: metadata.expiration_date,
        ..config
    };
    Ok((Opened { result, memory: Memory { key, revoke }, renew_at }, diagnostics))
}

/// A live key of somebody else's is about to be revoked.
fn shared_with_others(object: &str, before: &SecretMetadata, dynamic: bool) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if let (true, Some(api_key_id)) = (dynamic, &before.own.api_key_id) {
        diagnostics.add_warning(diagnostic(
            path("secret_id"),
            format!("{object} has another reader"),
            format!(
                "It held the key {api_key_id} of an earlier read, which this run has revoked by \
                 reading: whoever used it is locked out. Be the only reader of a secret with \
                 reuse_api_key = false, or use ibm_sm_iam_credentials_lease."
            ),
        ));
    }
    diagnostics
}

/// Revokes the key, if it is still the current one.
async fn revoke_if_current(instance: &Instance, key: &HeldKey) -> Result<(), ApiError> {
    let (client, secret_id) = (&instance.client, &key.secret_id);
    let answer = async {
        let metadata: SecretMetadata = client.get_secret_metadata(secret_id).await?;
        if metadata.own.api_key_id.as_ref() == Some(&key.api_key_id) {
            client.delete_current_version_data(secret_id).await?;
        }
        Ok(())
    };
    match answer.await {
        Err(reason) if ApiError::is_not_found(&reason) => Ok(()),
        answer => answer,
    }
}
