//! How a secret that is not managed is named, found and read: by its id, or by
//! its name in a group.
//!
//! The metadata comes first. It says whether the secret is what it should be,
//! and whether reading its value makes a new key (ibm-api.md 4.3).

use super::mapping::{Secret, SecretMetadata};
use crate::client::{IamCredentials, SecretType};
use crate::framework::check::{length, text as text_check};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::field::{Field, text};
use crate::framework::value::Value;
use crate::scope::connection::Instance;
use crate::scope::failure::{Action, Advice, another_kind, nothing_there};
use crate::scope::{self, NAME_RULE, OBJECT_ID_RULE, is_name, is_object_id};

/// The declaration of `secret_id`, where it is one of several ways.
pub(super) fn secret_id() -> Field {
    text("secret_id")
        .optional_computed()
        .check(text_check(OBJECT_ID_RULE, is_object_id))
        .about("The id of the secret. Exactly one of `secret_id` and `name` is needed.")
}

/// The declaration of `name`.
pub(super) fn name() -> Field {
    text("name")
        .optional_computed()
        .check(length(2, 256))
        .check(text_check(NAME_RULE, is_name))
        .about("The name of the secret; `secret_group_name` is needed with it.")
}

/// The declaration of `secret_group_name`.
pub(super) fn secret_group_name() -> Field {
    text("secret_group_name")
        .check(length(2, 64))
        .check(text_check(NAME_RULE, is_name))
        .about("The name of the secret group that `name` is in.")
}

/// Any other attribute of a secret, as it is found: without what a resource says
/// about giving it.
pub(super) fn found(field: Field) -> Field {
    let about = match field.name {
        "secret_group_id" => "The id of the secret group that the secret is in.",
        "labels" => "Labels to search by.",
        "ttl" => "How long the next key lives: seconds, or a number with a unit.",
        "access_groups" => "Ids of the access groups that the service ID of the key is in.",
        "service_id" => "The service ID of the key.",
        "account_id" => {
            "The account of the service ID or access groups, if it is not the instance's."
        }
        "reuse_api_key" => {
            "Whether the key stays the same until its lease ends. With `false` every read of the \
             value makes a new key."
        }
        "rotation" => {
            "When the service makes a new key by itself: `auto_rotate`, and with it `interval` and \
             `unit` (`day` or `month`)."
        }
        "custom_metadata" => "The owner's own data about the secret.",
        _ => field.description,
    };
    scope::found(field).about(about)
}

/// What is wrong with the way in which a configuration names the secret.
/// Unknown values pass.
pub(super) fn validate(
    secret_id: &Value<String>,
    name: &Value<String>,
    secret_group_name: &Value<String>,
) -> Diagnostics {
    const ONE: &str =
        "Give exactly one of them: secret_id, or name together with secret_group_name.";
    match (secret_id, name, secret_group_name) {
        (Value::Null, Value::Null, _) => {
            error(path("secret_id"), "Neither secret_id nor name", ONE)
        }
        (Value::Value(_), Value::Value(_), _) => {
            error(path("name"), "Both secret_id and name", ONE)
        }
        (_, Value::Value(_), Value::Null) => error(
            path("secret_group_name"),
            "name without secret_group_name",
            "A secret is looked up by its name in a group: give secret_group_name too, \"default\" \
             for the default group.",
        ),
        _ => Diagnostics::default(),
    }
}

/// The name of a secret, from a configuration that was checked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lookup<'a> {
    Id(&'a str),
    Name { group: &'a str, name: &'a str },
}

impl<'a> Lookup<'a> {
    pub(super) fn of(
        secret_id: &'a Value<String>,
        name: &'a Value<String>,
        secret_group_name: &'a Value<String>,
    ) -> Self {
        match secret_id.as_deref_option() {
            Some(id) => Lookup::Id(id),
            None => Lookup::Name {
                group: secret_group_name.as_deref_option().unwrap_or_default(),
                name: name.as_deref_option().unwrap_or_default(),
            },
        }
    }

    /// The attribute that decides which secret it is.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Lookup::Id(_) => "secret_id",
            Lookup::Name { .. } => "name",
        }
    }

    /// How messages name the secret.
    pub(super) fn describe(self) -> String {
        match self {
            Lookup::Id(id) => format!("IAM credentials secret {id}"),
            Lookup::Name { group, name } => {
                format!("IAM credentials secret {name:?} of group {group:?}")
            }
        }
    }

    /// The metadata of the secret. Nothing is made or revoked.
    pub(super) async fn metadata(self, instance: &Instance) -> Result<SecretMetadata, Diagnostics> {
        let found = match self {
            Lookup::Id(id) => instance.client.get_secret_metadata(id).await.map(Some),
            Lookup::Name { name, .. } => instance.client.find_secret_by_name(name).await,
        };
        let found = found.map_err(|reason| {
            let advice = reason.is_not_found().then(|| nothing_there(self.attribute(), instance));
            instance.failure(Action::Read, &self.describe(), &reason, advice)
        })?;
        let Some(found) = found else {
            return Err(error(
                path("name"),
                format!("Cannot read {}", self.describe()),
                format!(
                    "Instance {} in region {} has no IAM credentials of this name that the \
                     identity of the API key may see. Check name, instance_id and region.",
                    instance.instance_id, instance.region
                ),
            ));
        };
        refuse_another_kind(self.attribute(), &found)?;
        Ok(found)
    }

    /// The secret with its value. A secret that is not in the named group is not
    /// read, and no key is made.
    pub(super) async fn value(
        self,
        instance: &Instance,
        metadata: &SecretMetadata,
    ) -> Result<Secret, Diagnostics> {
        let client = &instance.client;
        let secret = match self {
            Lookup::Id(id) => client.get_secret(id).await,
            Lookup::Name { group, name } => client.get_secret_by_name(group, name).await,
        };
        match secret {
            Ok(secret) => Ok(secret),
            Err(reason) => {
                let advice = match self {
                    _ if reason.is_locked() => Some(held_by(instance, &metadata.common.id).await),
                    Lookup::Name { .. } if reason.is_not_found() => Some(Advice::on(
                        "secret_group_name",
                        "The secret exists, but not in a group of this name. Check \
                         secret_group_name: it is the name of the group, and not its id.",
                    )),
                    _ => None,
                };
                Err(instance.failure(Action::Read, &self.describe(), &reason, advice))
            }
        }
    }
}

/// An error if what `attribute` names is a secret, but not IAM credentials.
pub(super) fn refuse_another_kind(
    attribute: &'static str,
    found: &SecretMetadata,
) -> Result<(), Diagnostics> {
    match &found.common.secret_type {
        found if found == IamCredentials::NAME => Ok(()),
        other => Err(another_kind(
            attribute,
            &format!("Secret {}", found.common.id),
            other.as_str(),
            IamCredentials::NAME,
        )),
    }
}

/// What holds the lock that forbids a read.
async fn held_by(instance: &Instance, secret_id: &str) -> Advice {
    let locks = instance.client.list_secret_locks(secret_id).await;
    let held: Vec<String> = locks
        .unwrap_or_default()
        .iter()
        .map(|lock| match &lock.created_by {
            Some(by) => format!("{:?} (made by {by})", lock.name),
            None => format!("{:?}", lock.name),
        })
        .collect();
    Advice::new(format!(
        "Reading the secret would revoke its current key, and a lock forbids that: {}. Ask its \
         owner, or wait until it is gone.",
        if held.is_empty() { "its name could not be read".to_owned() } else { held.join(", ") }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::text as known;

    #[test]
    fn a_secret_is_named_in_exactly_one_way() {
        let (none, some, unknown) = (Value::Null, known("x"), Value::Unknown);
        for (secret_id, name, group, mistake) in [
            (&some, &none, &none, None),
            (&some, &none, &some, None),
            (&none, &some, &some, None),
            (&none, &none, &none, Some("secret_id")),
            (&none, &none, &some, Some("secret_id")),
            (&some, &some, &some, Some("name")),
            (&none, &some, &none, Some("secret_group_name")),
            (&unknown, &none, &none, None),
            (&unknown, &some, &some, None),
            (&some, &unknown, &none, None),
            (&none, &unknown, &none, None),
            (&none, &some, &unknown, None),
        ] {
            let said = validate(secret_id, name, group).errors;
            let said = said.first().map(|error| error.attribute.to_string());
            assert_eq!(said.as_deref(), mistake, "{secret_id:?} {name:?} {group:?}");
        }
    }

    #[test]
    fn an_id_comes_before_a_name() {
        let (none, some) = (Value::Null, known("x"));
        assert_eq!(Lookup::of(&some, &none, &some).attribute(), "secret_id");
        let group = known("default");
        let by_name = Lookup::of(&none, &some, &group);
        assert_eq!(by_name.describe(), r#"IAM credentials secret "x" of group "default""#);
    }
}
