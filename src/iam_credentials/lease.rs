//! `ephemeral "ibm_sm_iam_credentials_lease"`: credentials that this run alone
//! has, and that are gone with it.
//!
//! A lease is a dynamic secret under a name of its own, marked with a label. A
//! run that was killed leaves one behind: its key dies with its ttl, and the next
//! lease in the same group deletes the secret.

use std::fmt;
use std::time::SystemTime;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::fields;
use super::held_key::{HeldKey, renew_at, unusable, wait_until_usable};
use super::mapping;
use super::mapping::{Secret, SecretMetadata};
use super::model::{Metadata, Payload, State};
use super::rules;
use crate::client::{ApiError, SecretFilter};
use crate::framework::diag::{Diagnostics, Report, diagnostic, error, path};
use crate::framework::ephemeral::{EphemeralResource, Opened};
use crate::framework::field::{FieldSet, flag, text};
use crate::framework::resource::Call;
use crate::framework::value::{TextList, Value, text as known, text_list};
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice};
use crate::scope::{self, Scope};

/// Marks a secret as a lease of this kind.
const LABEL: &str = "terraform-lease";

/// What the name of a lease begins with.
const NAME_PREFIX: &str = "terraform-lease-";

/// How long a lease lives when nobody says.
const DEFAULT_TTL: &str = "1h";

/// A lease whose key has been dead for this long is nobody's any more: clocks and
/// the service's own tolerance (ibm-api.md 4.4) are within it.
const DEAD_FOR: time::Duration = time::Duration::minutes(10);

/// How many dead leases one open looks at.
const SWEPT_AT_ONCE: usize = 100;

/// `ephemeral "ibm_sm_iam_credentials_lease"`.
pub struct Lease {
    fields: FieldSet,
    connection: Connection,
}

impl Lease {
    /// The resource, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        Lease { fields: fields(), connection }
    }
}

/// What is asked for, and what is given.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Model {
    #[serde(flatten)]
    scope: Scope,
    ttl: Value<String>,
    access_groups: TextList,
    service_id: Value<String>,
    account_id: Value<String>,
    secret_group_id: Value<String>,
    wait_until_usable: Value<bool>,
    #[serde(flatten)]
    payload: Payload,
    api_key_id: Value<String>,
    expiration_date: Value<String>,
    secret_id: Value<String>,
    name: Value<String>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("name", &self.name).finish_non_exhaustive()
    }
}

fn fields() -> FieldSet {
    let mut declared = scope::lookup_fields();
    declared.extend(fields::of_a_lease());
    declared.extend([
        flag("wait_until_usable").about(
            "Whether to wait until IAM accepts the key, which takes a few seconds; for a minute at \
             most. Default: true.",
        ),
        text("api_key").computed().sensitive().about("The API key."),
        text("api_key_id").computed().about("The id of the API key in IAM."),
        text("expiration_date").computed().about("When the key ends, RFC 3339."),
        text("secret_id").computed().about("The id of the secret behind the lease."),
        text("name").computed().about("The name of the secret behind the lease."),
    ]);
    FieldSet::new(
        "Credentials of this run alone: made when it begins, deleted when it ends, in no plan and \
         no state. A run that was killed leaves a key that dies after `ttl`; the next lease in the \
         same group clears up behind it. Making and deleting a secret takes the service role \
         Manager.",
        declared,
    )
}

impl EphemeralResource for Lease {
    type Model = Model;
    type Memory = HeldKey;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_lease"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, config: &Model) -> Diagnostics {
        rules::one_owner(&config.access_groups, &config.service_id)
    }

    async fn open(&self, call: Call, config: Model) -> Report<Option<Opened<Model, HeldKey>>> {
        let instance = match self.connection.instance(&config.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        let name = format!("{NAME_PREFIX}{:032x}", fastrand::u128(..));
        let created = match create(&instance, &name, &config).await {
            Ok(created) => created,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        let mut diagnostics = sweep(&instance, &created.metadata).await;
        match hold(&instance, &name, &created.metadata.common.id, config).await {
            Ok(opened) => Report::with(Some(opened), diagnostics),
            Err(failed) => {
                diagnostics.add_diagnostics(failed);
                // Nothing is closed that was not opened.
                let instance = instance.uninterrupted();
                diagnostics.add_diagnostics(delete(&instance, &created.metadata.common.id).await);
                Report::with(None, diagnostics)
            }
        }
    }

    async fn renew(&self, call: Call, key: HeldKey) -> Report<Option<SystemTime>> {
        key.renew(&self.connection, &call, &describe(&key.secret_id)).await
    }

    async fn close(&self, call: Call, key: HeldKey) -> Diagnostics {
        match self.connection.instance(&key.scope(), &call) {
            Ok(instance) => delete(&instance, &key.secret_id).await,
            Err(diagnostics) => diagnostics,
        }
    }
}

/// The lease as the secret that it is.
fn as_secret(name: &str, config: &Model) -> State {
    let ttl = match &config.ttl {
        Value::Value(ttl) => known(ttl),
        Value::Null | Value::Unknown => known(DEFAULT_TTL),
    };
    State {
        metadata: Metadata {
            name: known(name),
            description: known("Credentials of one Terraform run; deleted when it ends."),
            labels: text_list([LABEL]),
            ttl,
            access_groups: config.access_groups.clone(),
            service_id: config.service_id.clone(),
            account_id: config.account_id.clone(),
            secret_group_id: config.secret_group_id.clone(),
            reuse_api_key: Value::Value(false),
            ..Metadata::default()
        },
        ..State::default()
    }
}

/// Creates the secret. When it is not known whether that worked, it is looked up:
/// its name is this run's alone, so what is found is what was made.
async fn create(instance: &Instance, name: &str, config: &Model) -> Result<Secret, Diagnostics> {
    let failed = |reason: &ApiError| {
        let advice = Advice::new(
            "A lease is a secret with reuse_api_key = false: the IAM credentials engine must be set \
             up (ibm_sm_iam_credentials_configuration), and access_groups or service_id and \
             secret_group_id must exist.",
        );
        let advice = matches!(reason.status(), Some(400 | 404)).then_some(advice);
        instance.failure(Action::Create, "a lease of IAM credentials", reason, advice)
    };
    let prototype = mapping::prototype(&as_secret(name, config));
    let reason = match instance.client.create_secret(&prototype).await {
        Err(reason) if reason.outcome_unknown() => reason,
        answer => return answer.map_err(|reason| failed(&reason)),
    };
    match instance.client.find_secret_by_name(name).await {
        Ok(Some(metadata)) => {
            Ok(Secret { metadata, payload: crate::client::ApiKey { api_key: None } })
        }
        Ok(None) => {
            instance.client.create_secret(&prototype).await.map_err(|reason| failed(&reason))
        }
        Err(_) => Err(failed(&reason)),
    }
}

/// Reads the key once, and waits until it is usable.
async fn hold(
    instance: &Instance,
    name: &str,
    secret_id: &str,
    config: Model,
) -> Result<Opened<Model, HeldKey>, Diagnostics> {
    let object = describe(secret_id);
    let secret: Secret = match instance.client.get_secret(secret_id).await {
        Ok(secret) => secret,
        Err(reason) => return Err(instance.failure(Action::Read, &object, &reason, None)),
    };
    let (Some(api_key), Some(api_key_id)) =
        (&secret.payload.api_key, &secret.metadata.own.api_key_id)
    else {
        return Err(error(
            path("api_key"),
            format!("{object} has no key"),
            "The service made the secret and gave no key for it.",
        ));
    };
    if config.wait_until_usable != Value::Value(false) {
        wait(instance, &object, api_key).await?;
    }
    let memory = HeldKey::new(instance, &config.scope, secret_id, api_key_id);
    let end = secret.metadata.common.expiration_date.map(|end| end.as_date_time());
    let payload = mapping::payload(Some(api_key));
    let metadata = mapping::metadata(secret.metadata);
    let result = Model {
        scope: config.scope.of(instance, secret_id),
        service_id: metadata.service_id,
        payload,
        api_key_id: metadata.api_key_id,
        expiration_date: metadata.expiration_date,
        secret_id: metadata.secret_id,
        name: known(name),
        ttl: or(config.ttl, known(DEFAULT_TTL)),
        secret_group_id: or(config.secret_group_id, metadata.secret_group_id),
        account_id: or(config.account_id, metadata.account_id),
        ..config
    };
    Ok(Opened { result, memory, renew_at: renew_at(instance, end) })
}

fn or(given: Value<String>, found: Value<String>) -> Value<String> {
    if given.is_value() { given } else { found }
}

async fn wait(
    instance: &Instance,
    object: &str,
    api_key: &SecretString,
) -> Result<(), Diagnostics> {
    wait_until_usable(instance, api_key).await.map_err(|reason| unusable(object, &reason))
}

/// Deletes the secret, and with it everything that the engine made for it.
async fn delete(instance: &Instance, secret_id: &str) -> Diagnostics {
    match instance.client.delete_secret(secret_id).await {
        Ok(()) => Diagnostics::default(),
        Err(reason) if reason.is_not_found() => Diagnostics::default(),
        Err(reason) => {
            let advice = Advice::new(
                "Its key dies when its ttl is over, and the next lease in the same group deletes \
                 the secret.",
            );
            instance.failure(Action::Delete, &describe(secret_id), &reason, Some(advice))
        }
    }
}

/// Deletes the dead leases that the same identity left in the same group. What
/// cannot be deleted is a warning: this run does not depend on it.
async fn sweep(instance: &Instance, own: &SecretMetadata) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let filter = SecretFilter {
        groups: vec![own.common.secret_group_id.clone()],
        match_all_labels: vec![LABEL.to_owned()],
        ..SecretFilter::default()
    };
    let found: Vec<SecretMetadata> =
        instance.client.list_secrets(&filter, SWEPT_AT_ONCE).await.unwrap_or_default();
    let now = instance.client.service_time();
    for dead in found.iter().filter(|lease| is_dead(lease, own, now)) {
        for failed in delete(instance, &dead.common.id).await.errors {
            diagnostics.add_warning(diagnostic(failed.attribute, failed.summary, failed.detail));
        }
    }
    diagnostics
}

/// Whether a secret is a lease of this kind that nobody can be using any more:
/// made by the same identity, and longer ago than its key can live.
fn is_dead(lease: &SecretMetadata, own: &SecretMetadata, now: OffsetDateTime) -> bool {
    let ours = lease.common.id != own.common.id
        && lease.common.created_by == own.common.created_by
        && lease.own.reuse_api_key == Some(false)
        && lease.common.name.as_deref().is_some_and(|name| name.starts_with(NAME_PREFIX));
    let ttl = lease.own.ttl.as_deref().and_then(|ttl| ttl.parse::<crate::units::ttl::Ttl>().ok());
    let Some(life) = ttl.and_then(|ttl| i64::try_from(ttl.seconds()).ok()) else { return false };
    let end = lease.common.created_at.as_date_time() + time::Duration::seconds(life) + DEAD_FOR;
    // A key can be younger than its secret: whatever the service says of it holds.
    let key_end = lease.common.expiration_date.map(|end| end.as_date_time() + DEAD_FOR);
    ours && end < now && key_end.is_none_or(|end| end < now)
}

fn describe(secret_id: &str) -> String {
    format!("the lease with secret {secret_id}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn lease(more: serde_json::Value) -> SecretMetadata {
        let mut json = json!({
            "id": "old", "secret_type": "iam_credentials", "crn": "c", "secret_group_id": "default",
            "name": "terraform-lease-1", "created_by": "iam-me", "ttl": "3600",
            "reuse_api_key": false, "labels": [LABEL],
            "created_at": "2026-11-24T10:00:00Z", "updated_at": "2026-11-24T10:00:00Z"
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_a_dead_lease_of_the_same_identity_is_swept() {
        let own = lease(json!({"id": "own"}));
        let at = |time: &str| OffsetDateTime::parse(time, &Rfc3339).unwrap();
        let later = at("2026-11-24T11:10:01Z");
        for (why, other, now, dead) in [
            ("its ttl and the tolerance are over", json!({}), later, true),
            ("it may still be used", json!({}), at("2026-11-24T11:10:00Z"), false),
            ("it is this run's own", json!({"id": "own"}), later, false),
            ("somebody else made it", json!({"created_by": "iam-other"}), later, false),
            ("a secret that a user labelled", json!({"name": "mine"}), later, false),
            ("a secret with a lasting key", json!({"reuse_api_key": true}), later, false),
            ("its ttl is not known", json!({"ttl": "soon"}), later, false),
            (
                "its key was made later",
                json!({"expiration_date": "2026-11-24T12:00:00Z"}),
                later,
                false,
            ),
        ] {
            assert_eq!(is_dead(&lease(other), &own, now), dead, "{why}");
        }
    }

    #[test]
    fn a_lease_is_a_dynamic_secret_with_the_label_and_a_short_life() {
        let config = Model { service_id: known("ServiceId-1"), ..Model::default() };
        let prototype = mapping::prototype(&as_secret("terraform-lease-1", &config));
        assert!(!prototype.own.reuse_api_key);
        assert_eq!(prototype.own.ttl.to_string(), "3600");
        assert_eq!(prototype.labels, Some(vec![LABEL.to_owned()]));
        assert_eq!(prototype.own.rotation, None);
    }

    #[test]
    fn a_lease_is_not_printed() {
        let model = Model { payload: Payload { api_key: known("hush") }, ..Model::default() };
        assert!(!format!("{model:?}").contains("hush"));
    }
}
