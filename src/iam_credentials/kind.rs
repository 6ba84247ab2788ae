//! IAM credentials as a secret type: where they differ from other secrets.

use serde_json::Value as Json;

use super::attributes::{NEW_KEY, READY_FOR_RENEWAL, attributes, found_description};
use super::model::{ApiKey, IamCredentials, Own, Secret, Settings, stores_key};
use super::no_key::no_key;
use super::orphans::{self, Credentials};
use super::{key_version, mapping, renewal, rules, warnings};
use crate::client::{self, ApiError, ApiErrorKind};
use crate::framework::diag::{Diagnostic, Diagnostics, Report, diagnostic, path};
use crate::framework::schema::Attribute;
use crate::framework::value::Value;
use crate::instance::{Advice, Defaults, Instance};
use crate::secret::{PayloadInState, SecretKind, json_object};

/// What becomes of a secret whose credentials could not be removed.
const IN_THE_STATE: &str = "The secret itself is deleted. Terraform keeps it in the state, so that \
                            the next apply tries again.";

impl SecretKind for IamCredentials {
    type Api = client::IamCredentials;
    type Own = Own;
    type Payload = ApiKey;
    type Settings = Settings;

    const TYPE_NAME: &'static str = "ibm_sm_iam_credentials_secret";
    const METADATA_TYPE_NAME: &'static str = "ibm_sm_iam_credentials_secret_metadata";
    const NAME: &'static str = "IAM credentials secret";
    const OBJECTS: &'static str = "the IAM credentials secrets";
    const NEW_VALUE: &'static [&'static str] = NEW_KEY;
    const DESCRIPTION: &'static str = "An IAM credentials secret: an API key with a limited \
                                       lifetime, created by the IAM credentials engine of a Secrets Manager \
                                       instance for a service ID or for access groups.";
    const DATA_SOURCE: &'static str = "An IAM credentials secret of a Secrets Manager instance \
                                       with its API key, by its id or by its name. With \
                                       `reuse_api_key = false`, each read creates a new key: use the \
                                       ephemeral resource `ibm_sm_iam_credentials_secret` instead.";
    const METADATA_DATA_SOURCE: &'static str = "An IAM credentials secret of a Secrets Manager \
                                                instance, by its id, without its API key. Reading \
                                                it changes nothing.";
    const LIST: &'static str = "The IAM credentials secrets of an instance.";

    fn attributes() -> Vec<Attribute> {
        attributes()
    }

    fn found_description(name: &str) -> Option<&'static str> {
        found_description(name)
    }

    fn validate(config: &Secret) -> Diagnostics {
        rules::validate(config)
    }

    fn note_defaults(model: &mut Secret, defaults: Defaults) {
        model.settings.store_by_default = defaults.store_api_key;
    }

    fn planned_changes(prior: &Secret, config: &Secret) -> &'static [&'static str] {
        if renewal::rotates(prior, config) { &[READY_FOR_RENEWAL] } else { &[] }
    }

    /// Plans null for a key that will not be stored, and no renewal without `early_renewal`.
    fn modify_plan(prior: Option<&Secret>, config: &Secret, plan: &mut Secret) -> Diagnostics {
        let settings = &mut plan.settings;
        if settings.early_renewal.is_null() && settings.ready_for_renewal == Value::Value(true) {
            settings.ready_for_renewal = Value::Value(false);
        }
        if plan.own.is_dynamic() {
            settings.key_version = Value::Null;
        }
        let stored = settings.stored();
        let changes = prior.is_some() && plan.common.updated_at.is_unknown();
        let reads_first = prior.is_some_and(|prior| !prior.own.api_key_id.is_value())
            && plan.payload.api_key.is_unknown();
        if reads_first && changes {
            // Otherwise the next refresh would take the key for another one, and read it again.
            plan.own.api_key_id = Value::Unknown;
            plan.common.expiration_date = Value::Unknown;
        }
        if stored.is_unknown() && changes {
            plan.payload.api_key = Value::Unknown;
        } else if plan.own.reuse_api_key.is_value() && !stored.is_unknown() && !stores_key(plan) {
            plan.payload = ApiKey::default();
        }
        let mut diagnostics = rules::of_the_plan(prior, config, plan);
        diagnostics.add_diagnostics(warnings::of_the_plan(prior, plan));
        diagnostics
    }

    /// The engine's service ID belongs to the key, and not into a configuration.
    fn leave_out(state: &mut Secret) {
        if state.own.service_id_is_static == Value::Value(false) {
            state.own.service_id = Value::Null;
        }
    }

    fn replacing(prior: &Secret, plan: &Secret) -> Diagnostics {
        warnings::of_the_replacement(prior, plan)
    }

    fn prototype(
        plan: &Secret,
        _: &Secret,
    ) -> Result<client::IamCredentialsPrototype, Diagnostics> {
        mapping::prototype(plan)
    }

    fn patch(prior: &Secret, plan: &Secret) -> Result<client::IamCredentialsPatch, Diagnostics> {
        mapping::patch(prior, plan)
    }

    fn own(metadata: client::IamCredentialsMetadata) -> Own {
        mapping::own(metadata)
    }

    fn payload(payload: &client::ApiKey) -> ApiKey {
        mapping::payload(payload)
    }

    fn payload_in_state(
        instance: &Instance,
        prior: Option<&Secret>,
        now: &Secret,
    ) -> PayloadInState {
        if now.own.is_dynamic() || now.common.is_destroyed() {
            return PayloadInState::Absent;
        }
        let Some(prior) = prior else {
            // Just created or changed, so a key in the state is the current one.
            return match (stores_key(now), now.payload.api_key.is_value()) {
                (false, _) => PayloadInState::Absent,
                (true, true) => PayloadInState::Kept,
                (true, false) => PayloadInState::ToBeRead,
            };
        };
        let has_expired = !now.own.api_key_id.is_value()
            && renewal::ready(now, true, instance.client.service_time());
        if has_expired {
            // The next apply rotates, so reading the value now would create a needless key.
            PayloadInState::Absent
        } else if !has_another_key(prior, now) {
            // One that does not belong in the state is for the next apply to remove, as planned.
            PayloadInState::Kept
        } else if stores_key(now) {
            PayloadInState::ToBeRead
        } else {
            PayloadInState::Absent
        }
    }

    fn settle_settings(state: &mut Secret) {
        state.settings.key_version = key_version::first(state);
        state.settings.ready_for_renewal = Value::Value(false);
    }

    fn adopt_settings(state: &mut Secret, plan: &Secret) {
        state.settings.store_api_key = plan.settings.store_api_key;
        if !stores_key(state) {
            state.payload = ApiKey::default();
        }
    }

    fn new_version(
        prior: &Secret,
        plan: &Secret,
        _: &Secret,
    ) -> Result<Option<client::NewKey>, Diagnostics> {
        Ok(renewal::rotates(prior, plan).then_some(client::NewKey {}))
    }

    fn version_mark(metadata: &client::SecretMetadata<client::IamCredentials>) -> Option<String> {
        metadata.own.api_key_id.clone()
    }

    fn version_in_state(state: &Secret) -> Option<String> {
        state.own.api_key_id.as_deref_option().map(str::to_owned)
    }

    /// The triggers. An early renewal is not planned again once the refresh has seen the new key.
    fn occasion(prior: &Secret, plan: &Secret) -> Option<Json> {
        let triggers = &plan.settings.rotation_triggers;
        let changed = prior.settings.rotation_triggers != *triggers;
        json_object(triggers).filter(|_| changed).map(Json::Object)
    }

    /// The response of a rotation contains the key even if it must not be stored.
    fn version_made(state: &mut Secret, plan: &Secret, payload: Option<&client::ApiKey>) {
        state.settings.rotation_triggers = plan.settings.rotation_triggers.clone();
        state.settings.ready_for_renewal = Value::Value(false);
        if stores_key(state) {
            // Null has the new key read.
            state.payload = payload.map(mapping::payload).unwrap_or_default();
        }
    }

    /// Numbers the key, and determines whether the next plan renews it. IAM is asked about the key
    /// only if `early_renewal` is set; if that is not permitted, a deleted key goes unnoticed.
    async fn after_read(
        instance: &Instance,
        prior: &Secret,
        state: &mut Secret,
    ) -> Result<(), ApiError> {
        let keys = if key_version::needs_a_count(prior, state) {
            let versions = instance.client.list_versions::<Self::Api>(state.id()).await?;
            let keys = versions.iter().filter(|version| version.own.api_key_id.is_some()).count();
            Some(i64::try_from(keys).unwrap_or(i64::MAX))
        } else {
            None
        };
        state.settings.key_version = key_version::after(prior, state, keys);
        let wanted = !state.own.is_dynamic() && state.settings.early_renewal.is_value();
        let ready = wanted && {
            let exists = match state.own.api_key_id.as_deref_option() {
                // To a caller of another account IAM says that there is no such key.
                _ if is_in_another_account(instance, state).await => true,
                Some(id) => {
                    let service_id = state.own.service_id.as_deref_option().unwrap_or_default();
                    instance.client.api_key_exists(id, service_id).await.unwrap_or(true)
                }
                None => true,
            };
            renewal::ready(state, exists, instance.client.service_time())
        };
        state.settings.ready_for_renewal = Value::Value(ready);
        Ok(())
    }

    /// A key that is new to the state is numbered as a later one: this update has made it, or the
    /// plan promised the former one and what is set here is not stored.
    fn after_update(prior: &Secret, state: &mut Secret) {
        state.settings.key_version = key_version::after(prior, state, None);
    }

    /// Warns about a secret whose state should contain a key and has none, unless the next plan
    /// renews it.
    fn warnings(state: &Secret) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let is_missing = stores_key(state) && !state.payload.api_key.is_value();
        if is_missing && state.settings.ready_for_renewal != Value::Value(true) {
            diagnostics.add_warning(no_key(
                "api_key",
                &state.describe(),
                state.common.state_in_words(),
                "A change of rotation_triggers creates a new one; early_renewal does so automatically.",
            ));
        }
        diagnostics
    }

    fn reading_warning(
        metadata: &client::SecretMetadata<client::IamCredentials>,
        attribute: &'static str,
        object: &str,
    ) -> Option<Diagnostic> {
        metadata.own.is_dynamic().then(|| {
            diagnostic(
                path(attribute),
                "Reading this data source creates a new API key",
                format!(
                    "{object} has reuse_api_key = false: each read of its value deletes the \
                     current key, even if others use it, creates a new one, and stores that in \
                     the state. Each plan and each refresh reads it. Use the \
                     ephemeral resource ibm_sm_iam_credentials_secret for a key that lasts \
                     as long as the run, or the data source ibm_sm_iam_credentials_secret_metadata \
                     for everything but the key."
                ),
            )
        })
    }

    fn value_warning(
        payload: &ApiKey,
        state: &str,
        attribute: &'static str,
        object: &str,
    ) -> Option<Diagnostic> {
        let missing = !payload.api_key.is_value();
        missing.then(|| no_key(attribute, object, state, "Rotate the secret to create a new one."))
    }

    async fn what_outlives(instance: &Instance, prior: &Secret) -> Report<bool> {
        orphans::report(instance, &prior.describe(), &Credentials::of(prior)).await
    }

    async fn remove_what_outlives(
        instance: &Instance,
        prior: &Secret,
        was_there: bool,
    ) -> Diagnostics {
        let credentials = Credentials::of(prior);
        orphans::remove(instance, &prior.describe(), &credentials, was_there, IN_THE_STATE).await
    }

    fn create_advice(reason: &ApiError) -> Option<Advice> {
        match reason.kind() {
            ApiErrorKind::Conflict => Some(Advice::on(
                "name",
                "The name must be unique among the IAM credentials of the whole instance, across \
                 its secret groups. Choose another name, or import the existing secret with \
                 `terraform import`.",
            )),
            ApiErrorKind::Invalid => Some(Advice::new(
                "If the IAM credentials engine of the instance is not set up yet, add an \
                 ibm_sm_iam_credentials_configuration and a depends_on on it. Otherwise check that \
                 service_id, access_groups and secret_group_id exist, in the account of the engine \
                 or in account_id.",
            )),
            ApiErrorKind::NotFound => Some(Advice::new(
                "Check that the instance exists in this region (instance_id is the GUID of the \
                 service instance), and that secret_group_id is a group in it.",
            )),
            // What IAM refuses to the engine is the answer to the caller, too.
            ApiErrorKind::Forbidden => Some(Advice::new(format!(
                "If the message speaks of the engine, its service ID or service authorization lacks \
                 a role: it needs Operator on the IAM Identity service and Editor on the IAM Access \
                 Groups service, with account_id in that account. Otherwise the caller lacks one: \
                 {} needs {}. A new access policy can take a minute to take effect.",
                reason.operation(),
                reason.operation().role()
            ))),
            _ => None,
        }
    }

    /// Advice if the service refuses a new rotation policy (ibm-api.md 4.5).
    fn update_advice(reason: &ApiError, prior: &Secret, plan: &Secret) -> Option<Advice> {
        let refused =
            reason.kind() == ApiErrorKind::Invalid && prior.own.rotation != plan.own.rotation;
        refused.then(|| {
            Advice::on(
                "rotation",
                "The service refuses a rotation that would happen after the current key has \
                 expired. Choose a shorter interval, or first rotate with a change of \
                 rotation_triggers, so that the current key has its full ttl left.",
            )
        })
    }
}

/// Whether the key in the prior state is not the current one, by the metadata.
fn has_another_key(prior: &Secret, now: &Secret) -> bool {
    !prior.payload.api_key.is_value()
        || prior.own.api_key_id != now.own.api_key_id
        || prior.common.expiration_date != now.common.expiration_date
}

/// Whether the credentials are in an account that is not known to be the caller's.
async fn is_in_another_account(instance: &Instance, state: &Secret) -> bool {
    match state.own.account_id.as_deref_option() {
        Some(account) => instance.client.account_id().await.as_deref() != Some(account),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::known;
    use crate::instance::testing::assert_resource_has_what_it_declares;
    use crate::secret::SecretResource;

    #[test]
    fn the_provider_block_decides_about_the_key_where_the_resource_does_not() {
        let (null, yes, no) = (Value::Null, Value::Value(true), Value::Value(false));
        let (key, gone) = (known("hush-hush"), Value::Null);
        for (own, default, unchanged, changed) in [
            (null, null, &key, &key),
            (null, yes, &key, &key),
            (null, no, &gone, &gone),
            (null, Value::Unknown, &key, &Value::Unknown),
            (yes, no, &key, &key),
            (yes, Value::Unknown, &key, &key),
            (no, yes, &gone, &gone),
            (no, Value::Unknown, &gone, &gone),
        ] {
            let mut prior = Secret::default();
            prior.own.reuse_api_key = Value::Value(true);
            prior.own.service_id = known("ServiceId-1");
            prior.payload.api_key = key.clone();
            prior.settings.store_api_key = own;
            let mut config = prior.clone();
            config.payload = ApiKey::default();
            for (updated_at, expected) in [(known("08:00"), unchanged), (Value::Unknown, changed)] {
                let mut plan = prior.clone();
                plan.common.updated_at = updated_at;
                let defaults = Defaults { store_api_key: default };
                IamCredentials::note_defaults(&mut plan, defaults);
                let said = IamCredentials::modify_plan(Some(&prior), &config, &mut plan);
                assert_eq!(said, Diagnostics::default());
                assert_eq!(plan.payload.api_key, *expected, "{own:?} {default:?}");
            }
        }
    }

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_resource_has_what_it_declares::<SecretResource<IamCredentials>>();
    }
}
