//! `ephemeral "ibm_sm_iam_credentials_lease"`: credentials for one run alone, deleted at its end.
//!
//! A lease is a dynamic secret with a name of its own, marked with a label. Terraform closes it, or
//! the process at its own end. Only if both are killed is one left behind: its key expires with its
//! ttl, and the next lease in the same group deletes the secret.

use std::fmt;
use std::time::SystemTime;

use futures::TryFutureExt as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::attributes::lease_attributes;
use super::leased_key::{FOR_GOOD, LeasedKey, renew_at, wait_until_usable};
use super::model::ApiKey;
use super::{mapping, orphans, rules};
use crate::client::{self, IamCredentialsPrototype, SecretFilter, SecretMetadata, SecretPrototype};
use crate::framework::diag::{Diagnostics, Report, diagnostic, error, path};
use crate::framework::schema::{Attribute, Schema, boolean, string};
use crate::framework::value::{StringList, Value, known};
use crate::instance::{
    Advice, Crud, Failure, Instance, InstanceEphemeral, Lent, Outcome, Served, create_once,
    lookup_attributes,
};
use crate::secret::secret_group_attribute;
use crate::units::ttl::Ttl;
use crate::units::written::Written;

type Api = client::IamCredentials;

/// Marks a secret as a lease.
const LABEL: &str = "terraform-lease";

/// The prefix of a lease's name.
const NAME_PREFIX: &str = "terraform-lease-";

/// The default ttl of a lease.
const DEFAULT_TTL: &str = "1h";

/// A lease whose key expired this long ago is no longer in use, even allowing for clock differences
/// and the service's own tolerance (ibm-api.md 4.4).
const EXPIRED_FOR: time::Duration = time::Duration::minutes(10);

/// The maximum number of leases that one open checks for expiry.
const SWEPT_AT_ONCE: usize = 100;

/// `ephemeral "ibm_sm_iam_credentials_lease"`.
pub struct Lease;

/// The typed model of configuration and result.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Model {
    ttl: Value<Written<Ttl>>,
    access_groups: StringList,
    service_id: Value<String>,
    account_id: Value<String>,
    secret_group_id: Value<String>,
    wait_until_usable: Value<bool>,
    #[serde(flatten)]
    payload: ApiKey,
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

impl Served for Lease {
    const TYPE_NAME: &'static str = "ibm_sm_iam_credentials_lease";

    fn schema() -> Schema {
        let mut attributes = lookup_attributes();
        let given = lease_attributes().chain([secret_group_attribute()]);
        attributes.extend(given.map(Attribute::unmanaged).map(|given| match given.name {
            "ttl" => given.description(format!(
                "The lifetime of the key, which must be longer than the run. Default: \
                 `{DEFAULT_TTL}`."
            )),
            _ => given,
        }));
        attributes.extend([
            boolean("wait_until_usable").description(
                "Whether to wait until IAM accepts the key, which takes a few seconds; for a \
                 minute at most. Default: true.",
            ),
            string("api_key").computed().sensitive().description("The API key."),
            string("api_key_id").computed().description("The id of the API key in IAM."),
            string("expiration_date").computed().description("When the key expires, RFC 3339."),
            string("secret_id").computed().description("The id of the secret behind the lease."),
            string("name").computed().description("The name of the secret behind the lease."),
        ]);
        Schema::new(
            "Credentials for this run alone: created when it begins, deleted when it ends, in no \
             plan and no state. If Terraform and the provider are both killed, a key is left that \
             expires after `ttl`; the next lease in the same group cleans up after it.",
            attributes,
        )
    }
}

impl InstanceEphemeral for Lease {
    type Model = Model;
    type Private = LeasedKey;

    fn validate(config: &Model) -> Diagnostics {
        rules::one_owner(&config.access_groups, &config.service_id)
    }

    async fn open(
        instance: &Instance,
        config: Model,
        warnings: &mut Diagnostics,
    ) -> Result<Lent<Model, LeasedKey>, Diagnostics> {
        let name = format!("{NAME_PREFIX}{:032x}", fastrand::u128(..));
        let created = create(instance, &name, &config).await?;
        warnings.add_diagnostics(sweep(instance, &created).await);
        let secret_id = &created.common.id;
        match read_key(instance, &name, secret_id, config).await {
            Ok(lent) => Ok(lent),
            Err(mut failed) => {
                // Terraform does not close what failed to open.
                if let Err(left) = delete(&instance.uninterrupted(), secret_id).await {
                    failed.add_diagnostics(left);
                }
                Err(failed)
            }
        }
    }

    async fn renew(instance: &Instance, key: &LeasedKey) -> Report<Option<SystemTime>> {
        key.renew(instance, &describe(&key.secret_id)).await
    }

    async fn close(instance: &Instance, key: &LeasedKey) -> Diagnostics {
        let object = describe(&key.secret_id);
        let mut diagnostics = match delete(instance, &key.secret_id).await {
            Ok(was_there) => {
                orphans::remove(instance, &object, &key.credentials, was_there, FOR_GOOD).await
            }
            Err(failed) => failed,
        };
        let now = instance.client.service_time();
        diagnostics.add_diagnostics(key.outlived(&object, now));
        diagnostics
    }
}

/// The request that creates the secret of a lease.
fn prototype(name: &str, config: &Model) -> SecretPrototype<Api> {
    let ttl = config.ttl.as_ref_option().and_then(|ttl| ttl.meaning().copied());
    let given = |value: &Value<String>| value.as_deref_option().map(str::to_owned);
    SecretPrototype {
        name: name.to_owned(),
        description: Some("Credentials of one Terraform run; deleted when it ends.".to_owned()),
        secret_group_id: given(&config.secret_group_id),
        labels: Some(vec![LABEL.to_owned()]),
        custom_metadata: None,
        version_custom_metadata: None,
        own: IamCredentialsPrototype {
            ttl: ttl.unwrap_or(Ttl::ONE_HOUR),
            reuse_api_key: false,
            owner: mapping::owner(&config.access_groups, &config.service_id),
            account_id: given(&config.account_id),
            rotation: None,
        },
    }
}

async fn create(
    instance: &Instance,
    name: &str,
    config: &Model,
) -> Result<SecretMetadata<Api>, Diagnostics> {
    let prototype = prototype(name, config);
    let created = create_once(
        || instance.client.create_secret(&prototype).map_ok(|created| created.metadata),
        || instance.client.find_secret_by_name(name),
    );
    created.await.map(Outcome::into_either).map_err(|reason| {
        let failure = Failure::from(reason).advised(|reason| {
            matches!(reason.status(), Some(400 | 404)).then(|| {
                Advice::new(
                    "A lease is a secret with reuse_api_key = false: the IAM credentials engine \
                     must be configured (ibm_sm_iam_credentials_configuration), and access_groups or \
                     service_id and secret_group_id must exist.",
                )
            })
        });
        instance.diagnostics(Crud::Create, "a lease of IAM credentials", failure)
    })
}

/// Reads the key once, and waits until it is usable.
async fn read_key(
    instance: &Instance,
    name: &str,
    secret_id: &str,
    config: Model,
) -> Result<Lent<Model, LeasedKey>, Diagnostics> {
    let object = describe(secret_id);
    let secret = instance
        .client
        .get_secret::<Api>(secret_id)
        .await
        .map_err(|reason| instance.diagnostics(Crud::Read, &object, reason.into()))?;
    let metadata = &secret.metadata;
    let (Some(api_key), Some(api_key_id)) = (&secret.payload.api_key, &metadata.own.api_key_id)
    else {
        return Err(error(
            path("api_key"),
            format!("{object} has no key"),
            "The service created the secret, but returned no key for it, and it is deleted again. Run \
             Terraform again; if that does not help, check the IAM credentials engine of the \
             instance.",
        ));
    };
    if config.wait_until_usable != Value::Value(false) {
        wait_until_usable(instance, &object, api_key).await?;
    }
    let private = LeasedKey::new(instance, metadata, api_key_id);
    let renew_at = renew_at(instance, metadata);
    let given_or = |given: Value<String>, found: Value<String>| {
        if given.is_value() { given } else { found }
    };
    let ttl = match config.ttl {
        given @ Value::Value(_) => given,
        Value::Null | Value::Unknown => Value::Value(Written::new(DEFAULT_TTL)),
    };
    let model = Model {
        ttl,
        service_id: metadata.own.service_id.clone().into(),
        account_id: given_or(config.account_id, metadata.own.account_id.clone().into()),
        secret_group_id: given_or(config.secret_group_id, known(&metadata.common.secret_group_id)),
        payload: mapping::payload(&secret.payload),
        api_key_id: known(api_key_id),
        expiration_date: metadata.common.expiration_date.map(|end| end.to_string()).into(),
        secret_id: known(secret_id),
        name: known(name),
        access_groups: config.access_groups,
        wait_until_usable: config.wait_until_usable,
    };
    Ok(Lent { model, private, renew_at })
}

/// Deletes the secret, and with it everything that the engine created for it. The value is whether it
/// was there.
async fn delete(instance: &Instance, secret_id: &str) -> Result<bool, Diagnostics> {
    match instance.client.delete_secret(secret_id).await {
        Ok(()) => Ok(true),
        Err(reason) if reason.is_not_found() => Ok(false),
        Err(reason) => {
            let advice = Advice::new(
                "Its key expires when its ttl is over, and the next lease in the same group \
                 deletes the secret.",
            );
            let failure = Failure::Api(reason, Some(advice));
            Err(instance.diagnostics(Crud::Delete, &describe(secret_id), failure))
        }
    }
}

/// Deletes the expired leases that the same identity left in the same group. A failure
/// is only a warning, since this run does not depend on it.
async fn sweep(instance: &Instance, own: &SecretMetadata<Api>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let filter = SecretFilter {
        groups: vec![own.common.secret_group_id.clone()],
        match_all_labels: vec![LABEL.to_owned()],
        ..SecretFilter::default()
    };
    let found = instance.client.list_secrets::<Api>(&filter, SWEPT_AT_ONCE).await;
    let now = instance.client.service_time();
    let found = found.unwrap_or_default();
    for expired in found.iter().filter(|lease| has_expired(lease, own, now)) {
        let Err(failed) = delete(instance, &expired.common.id).await else { continue };
        for failed in failed.errors {
            diagnostics.add_warning(diagnostic(failed.attribute, failed.summary, failed.detail));
        }
    }
    diagnostics
}

/// Whether a secret is a lease that nobody can still be using: created by the same identity, longer
/// ago than the lifetime of its key.
fn has_expired(
    lease: &SecretMetadata<Api>,
    own: &SecretMetadata<Api>,
    now: OffsetDateTime,
) -> bool {
    let ours = lease.common.id != own.common.id
        && lease.common.created_by == own.common.created_by
        && lease.own.is_dynamic()
        && lease.common.name.as_deref().is_some_and(|name| name.starts_with(NAME_PREFIX));
    let ttl: Option<Ttl> = lease.own.ttl.as_deref().and_then(|ttl| ttl.parse().ok());
    let Some(life) = ttl.and_then(|ttl| i64::try_from(ttl.seconds()).ok()) else { return false };
    let end = lease.common.created_at.as_date_time() + time::Duration::seconds(life) + EXPIRED_FOR;
    // A key can be newer than its secret, so its own expiry counts.
    let key_end = lease.common.expiration_date.map(|end| end.as_date_time() + EXPIRED_FOR);
    ours && end < now && key_end.is_none_or(|end| end < now)
}

fn describe(secret_id: &str) -> String {
    format!("lease {secret_id}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::format_description::well_known::Rfc3339;

    use super::*;
    use crate::instance::testing::assert_model_has_what_is_declared;

    fn lease(more: serde_json::Value) -> SecretMetadata<Api> {
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
    fn only_an_expired_lease_of_the_same_identity_is_swept() {
        let own = lease(json!({"id": "own"}));
        let at = |time: &str| OffsetDateTime::parse(time, &Rfc3339).unwrap();
        let later = at("2026-11-24T11:10:01Z");
        for (why, other, now, expired) in [
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
            assert_eq!(has_expired(&lease(other), &own, now), expired, "{why}");
        }
    }

    #[test]
    fn a_lease_is_a_dynamic_secret_with_the_label_and_a_short_life() {
        let config = Model { service_id: known("ServiceId-1"), ..Model::default() };
        let prototype = prototype("terraform-lease-1", &config);
        assert!(!prototype.own.reuse_api_key);
        assert_eq!(prototype.own.ttl, "1h".parse().unwrap());
        assert_eq!(prototype.labels, Some(vec![LABEL.to_owned()]));
        assert_eq!(prototype.own.rotation, None);
    }

    #[test]
    fn a_lease_is_not_printed() {
        let model = Model { payload: ApiKey { api_key: known("hush") }, ..Model::default() };
        assert!(!format!("{model:?}").contains("hush"));
    }

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_model_has_what_is_declared::<Lease>(&Model::default());
    }
}
