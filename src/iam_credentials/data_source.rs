//! IAM credentials as they are looked up with their key, by id or by name.
//!
//! The metadata is read first: it says whether the secret is what it should be,
//! and whether reading its value makes a new key (ibm-api.md 4.3).

use serde::{Deserialize, Serialize};

use super::fields::fields;
use super::mapping;
use super::metadata_source::{lookup_id, metadata_by_id};
use super::model::{Metadata, Payload};
use crate::client::{ApiError, Secret, SecretMetadata};
use crate::framework::check::{length, text as text_check};
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostic, Diagnostics, Report, diagnostic, error, path};
use crate::framework::field::{FieldSet, text};
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice, failure};
use crate::scope::{self, NAME_RULE, Scope, is_name};

/// `ibm_sm_iam_credentials_secret`, looked up.
pub struct SecretSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and the secret that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    metadata: Metadata,
    #[serde(flatten)]
    payload: Payload,
    secret_group_name: Value<String>,
}

/// How a secret is named in a configuration that was checked.
#[derive(Clone, Copy, Debug)]
enum Lookup<'a> {
    Id(&'a str),
    Name { group: &'a str, name: &'a str },
}

impl SecretSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let secret_group_name = text("secret_group_name")
            .check(length(2, 64))
            .check(text_check(NAME_RULE, is_name))
            .about("The name of the secret group that the secret is in. Needed with `name`.");
        let fields = view::<Found>(
            "An IAM credentials secret of a Secrets Manager instance with its API key, by its id \
             or by its name. With `reuse_api_key = false` each read makes a new key: use the \
             ephemeral resource `ibm_sm_iam_credentials_secret` instead.",
            fields().into_iter().chain([secret_group_name]),
            |field| match field.name {
                "secret_id" => lookup_id(field).optional_computed(),
                "name" => field.optional_computed().about(
                    "The name of the secret to look up, together with `secret_group_name`. \
                     Exactly one of `secret_id` and `name` is needed.",
                ),
                "secret_group_name" => field,
                _ => scope::found(field),
            },
        );
        SecretSource { fields, connection }
    }

    async fn find(
        &self,
        call: &Call,
        config: &Found,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let lookup = Lookup::of(config);
        if lookup.metadata(&instance).await?.reuse_api_key == Some(false) {
            warnings.push(makes_a_key(lookup));
        }
        let secret = lookup.value(&instance).await?;
        let found = Found {
            scope: config.scope.of(&instance, &secret.metadata.id),
            payload: mapping::payload(secret.api_key.as_ref()),
            metadata: mapping::metadata(secret.metadata),
            secret_group_name: config.secret_group_name.clone(),
        };
        if !found.payload.api_key.is_value() {
            warnings.push(no_key(lookup, &found.metadata));
        }
        Ok(found)
    }
}

impl<'a> Lookup<'a> {
    fn of(config: &'a Found) -> Self {
        let text = |value: &'a Value<String>| value.as_deref_option().unwrap_or_default();
        match config.metadata.secret_id.as_deref_option() {
            Some(id) => Lookup::Id(id),
            None => Lookup::Name {
                group: text(&config.secret_group_name),
                name: text(&config.metadata.name),
            },
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            Lookup::Id(_) => "secret_id",
            Lookup::Name { .. } => "name",
        }
    }

    /// How messages name the secret.
    fn describe(self) -> String {
        match self {
            Lookup::Id(id) => format!("IAM credentials secret {id}"),
            Lookup::Name { group, name } => {
                format!("IAM credentials secret {name:?} in secret group {group:?}")
            }
        }
    }

    async fn metadata(self, instance: &Instance) -> Result<SecretMetadata, Diagnostics> {
        match self {
            Lookup::Id(id) => metadata_by_id(instance, id).await,
            Lookup::Name { name, .. } => {
                let found = instance.client.find_secret_by_name(name).await;
                found.map_err(|reason| self.failed(&reason, None))?.ok_or_else(|| {
                    error(
                        path("name"),
                        format!("Cannot read {}", self.describe()),
                        format!(
                            "Instance {} in region {} has no IAM credentials of this name that \
                             the identity of the API key may see. Check name, and that \
                             instance_id and region are those of the instance it is in.",
                            instance.instance_id, instance.region
                        ),
                    )
                })
            }
        }
    }

    async fn value(self, instance: &Instance) -> Result<Secret, Diagnostics> {
        match self {
            Lookup::Id(id) => {
                instance.client.get_secret(id).await.map_err(|reason| self.failed(&reason, None))
            }
            Lookup::Name { group, name } => {
                let secret = instance.client.get_secret_by_name(group, name).await;
                secret.map_err(|reason| {
                    let advice = reason.is_not_found().then(|| {
                        Advice::on(
                            "secret_group_name",
                            "The secret exists, but not in a group of this name. Check \
                             secret_group_name: it is the name of the group, and not its id.",
                        )
                    });
                    self.failed(&reason, advice)
                })
            }
        }
    }

    fn failed(self, reason: &ApiError, advice: Option<Advice>) -> Diagnostics {
        failure(Action::Read, &self.describe(), reason, advice)
    }
}

impl DataSource for SecretSource {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, config: &Found) -> Diagnostics {
        match lookup_mistake(config) {
            Some((attribute, summary, detail)) => error(path(attribute), summary, detail),
            None => Diagnostics::default(),
        }
    }

    async fn read(&self, call: Call, config: Found) -> Report<Option<Found>> {
        let mut warnings = Vec::new();
        let mut report = Report::found(self.find(&call, &config, &mut warnings).await.map(Some));
        report.diagnostics.warnings.extend(warnings);
        report
    }
}

/// What is wrong with the way in which the secret is named: where, and why.
/// Unknown values pass.
fn lookup_mistake(config: &Found) -> Option<(&'static str, &'static str, &'static str)> {
    let Found { metadata: Metadata { secret_id, name, .. }, secret_group_name, .. } = config;
    match (secret_id, name, secret_group_name) {
        (Value::Null, Value::Null, _) => Some((
            "secret_id",
            "Neither secret_id nor name",
            "Give exactly one of them: secret_id, or name together with secret_group_name.",
        )),
        (Value::Value(_), Value::Value(_), _) => Some((
            "secret_id",
            "Both secret_id and name",
            "Give exactly one of them: secret_id, or name together with secret_group_name.",
        )),
        (Value::Null, Value::Value(_), Value::Null) => Some((
            "secret_group_name",
            "A name without its secret group",
            "With name, secret_group_name is needed: the name of the group that the secret is in, \
             such as \"default\".",
        )),
        _ => None,
    }
}

fn makes_a_key(lookup: Lookup<'_>) -> Diagnostic {
    diagnostic(
        path(lookup.attribute()),
        "Reading this data source makes a new API key",
        format!(
            "{} has reuse_api_key = false: each read of its value deletes the current key, also \
             for everybody else who uses it, makes a new one, and leaves that in the state. Each \
             plan and each refresh reads it. Use the ephemeral resource \
             ibm_sm_iam_credentials_secret for a key that lives as long as the run, or the data \
             source ibm_sm_iam_credentials_secret_metadata for everything but the key.",
            lookup.describe()
        ),
    )
}

/// A secret without a key is never a silent null.
fn no_key(lookup: Lookup<'_>, metadata: &Metadata) -> Diagnostic {
    diagnostic(
        path(lookup.attribute()),
        format!("{} has no key", lookup.describe()),
        format!(
            "The service holds no API key for it (state: {}), and api_key is null. Its lease may \
             have ended, or its key was deleted. Rotate the secret to have a new one.",
            metadata.state_description.as_deref_option().unwrap_or("unknown")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::text as known;

    #[test]
    fn a_secret_is_named_in_exactly_one_way() {
        let given = || known("x");
        for (secret_id, name, group, mistake) in [
            (given(), Value::Null, Value::Null, None),
            (given(), Value::Null, given(), None),
            (Value::Null, given(), given(), None),
            (Value::Null, Value::Null, Value::Null, Some("secret_id")),
            (Value::Null, Value::Null, given(), Some("secret_id")),
            (given(), given(), given(), Some("secret_id")),
            (Value::Null, given(), Value::Null, Some("secret_group_name")),
            (Value::Unknown, Value::Null, Value::Null, None),
            (Value::Unknown, given(), Value::Null, None),
            (Value::Null, Value::Unknown, Value::Null, None),
            (given(), Value::Unknown, Value::Null, None),
            (Value::Null, given(), Value::Unknown, None),
        ] {
            let mut config = Found { secret_group_name: group, ..Found::default() };
            config.metadata.secret_id = secret_id;
            config.metadata.name = name;
            let found = lookup_mistake(&config).map(|(attribute, ..)| attribute);
            assert_eq!(found, mistake, "{config:?}");
        }
    }
}
