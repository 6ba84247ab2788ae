//! Looks up secrets that are not managed: by id, or by name in a group.
//!
//! The metadata is read first. It tells whether the secret is of the right type, and whether
//! reading its value has side effects (ibm-api.md 4.3).

use serde::{Deserialize, Serialize};

use super::kind::SecretKind;
use crate::client::{CommonMetadata, Secret, SecretMetadata, SecretType};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::schema::{Attribute, string};
use crate::framework::validators::{checked, length, matching};
use crate::framework::value::{Value, known};
use crate::instance::{Advice, Crud, Failure, Instance, of_another_type};
use crate::units::id::{OBJECT_ID_RULE, check_object_id};
use crate::units::name::{NAME_RULE, is_name};

/// The attributes by which a secret is looked up.
pub fn lookup_attributes() -> [Attribute; 3] {
    [
        string("secret_id")
            .optional_computed()
            .validator(checked(OBJECT_ID_RULE, check_object_id))
            .description(
                "The id of the secret. Exactly one of `secret_id` and `name` is required.",
            ),
        string("name")
            .optional_computed()
            .validator(length(2, 256))
            .validator(matching(NAME_RULE, is_name))
            .description("The name of the secret; it requires `secret_group_name`."),
        string("secret_group_name")
            .validator(length(2, 64))
            .validator(matching(NAME_RULE, is_name))
            .description("The name of the secret group that `name` is in."),
    ]
}

/// The attributes by which an ephemeral resource looks up its secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedSecret {
    secret_id: Value<String>,
    name: Value<String>,
    secret_group_name: Value<String>,
}

impl NamedSecret {
    /// The errors of the lookup attributes; unknown values pass.
    pub fn validate(&self) -> Diagnostics {
        validate_lookup(&self.secret_id, &self.name, &self.secret_group_name)
    }

    /// The lookup that the attributes describe.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup::of(&self.secret_id, &self.name, &self.secret_group_name)
    }

    /// The same attributes, filled in from the secret that was found.
    pub fn found(&self, metadata: &CommonMetadata) -> Self {
        NamedSecret {
            secret_id: known(&metadata.id),
            name: metadata.name.clone().into(),
            secret_group_name: self.secret_group_name.clone(),
        }
    }
}

/// The errors of a configuration's lookup attributes; unknown values pass.
pub(super) fn validate_lookup(
    secret_id: &Value<String>,
    name: &Value<String>,
    secret_group_name: &Value<String>,
) -> Diagnostics {
    const ONE: &str =
        "Set exactly one of them: secret_id, or name together with secret_group_name.";
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
            "A secret is looked up by its name in a group: set secret_group_name too, to \
             \"default\" for the default group.",
        ),
        _ => Diagnostics::default(),
    }
}

/// The name of a secret, from a configuration that was checked.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    /// By its id.
    Id(&'a str),
    /// By its name in a group.
    Name {
        /// The name of the group.
        group: &'a str,
        /// The name of the secret.
        name: &'a str,
    },
}

impl<'a> Lookup<'a> {
    /// The lookup that these attributes describe.
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
    pub fn attribute(self) -> &'static str {
        match self {
            Lookup::Id(_) => "secret_id",
            Lookup::Name { .. } => "name",
        }
    }

    /// How messages name the secret.
    pub fn describe<K: SecretKind>(self) -> String {
        match self {
            Lookup::Id(id) => format!("{} {id}", K::NAME),
            Lookup::Name { group, name } => format!("{} {name:?} of group {group:?}", K::NAME),
        }
    }

    /// Reads the metadata of the secret, without side effects.
    pub async fn metadata<K: SecretKind>(
        self,
        instance: &Instance,
    ) -> Result<SecretMetadata<K::Api>, Diagnostics> {
        let found = match self {
            Lookup::Id(id) => instance.client.get_secret_metadata(id).await.map(Some),
            Lookup::Name { name, .. } => instance.client.find_secret_by_name(name).await,
        };
        let found: Option<SecretMetadata<K::Api>> = found.map_err(|reason| {
            let advice = reason.is_not_found().then(|| instance.nothing_there(self.attribute()));
            let failure = Failure::Api(reason, advice);
            instance.diagnostics(Crud::Read, &self.describe::<K>(), failure)
        })?;
        let Some(found) = found else {
            return Err(error(
                path("name"),
                format!("Cannot read {}", self.describe::<K>()),
                format!(
                    "Instance {} in region {} has no {} of this name that the caller may \
                     see. Check name, instance_id and region.",
                    instance.instance_id,
                    instance.region,
                    K::NAME,
                ),
            ));
        };
        refuse_another_type::<K>(self.attribute(), &found.common)?;
        Ok(found)
    }

    /// Reads the secret with its value. If it is not in the group, its value is not read, and no key
    /// is created.
    pub async fn value<K: SecretKind>(
        self,
        instance: &Instance,
        metadata: &SecretMetadata<K::Api>,
    ) -> Result<Secret<K::Api>, Diagnostics> {
        let client = &instance.client;
        let secret = match self {
            Lookup::Id(id) => client.get_secret(id).await,
            Lookup::Name { group, name } => client.get_secret_by_name(group, name).await,
        };
        match secret {
            Ok(secret) => Ok(secret),
            Err(reason) => {
                let advice = match self {
                    _ if reason.is_locked() => Some(locked_by(instance, &metadata.common.id).await),
                    Lookup::Name { .. } if reason.is_not_found() => Some(Advice::on(
                        "secret_group_name",
                        "The secret exists, but not in a group of this name. Check \
                         secret_group_name: it is the name of the group, and not its id.",
                    )),
                    _ => None,
                };
                let failure = Failure::Api(reason, advice);
                Err(instance.diagnostics(Crud::Read, &self.describe::<K>(), failure))
            }
        }
    }
}

/// An error if what `attribute` names is a secret of another type.
pub(super) fn refuse_another_type<K: SecretKind>(
    attribute: &'static str,
    found: &CommonMetadata,
) -> Result<(), Diagnostics> {
    let wanted = K::Api::NAME;
    if found.secret_type == wanted {
        return Ok(());
    }
    Err(of_another_type(attribute, &format!("Secret {}", found.id), &found.secret_type, wanted))
}

/// Advice about the locks that forbid a read.
async fn locked_by(instance: &Instance, secret_id: &str) -> Advice {
    let locks = instance.client.list_secret_locks(secret_id).await;
    let descriptions: Vec<String> = locks
        .unwrap_or_default()
        .iter()
        .map(|lock| match &lock.created_by {
            Some(by) => format!("{:?} (created by {by})", lock.name),
            None => format!("{:?}", lock.name),
        })
        .collect();
    Advice::new(format!(
        "Reading the secret would revoke its current key, and a lock forbids that: {}. Ask its \
         owner, or wait until it is gone.",
        if descriptions.is_empty() {
            "its name could not be read".to_owned()
        } else {
            descriptions.join(", ")
        }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_looked_up_in_exactly_one_way() {
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
            let errors = validate_lookup(secret_id, name, group).errors;
            let path = errors.first().map(|error| error.attribute.to_string());
            assert_eq!(path.as_deref(), mistake, "{secret_id:?} {name:?} {group:?}");
        }
    }

    #[test]
    fn an_id_takes_precedence_over_a_name() {
        let (none, some) = (Value::Null, known("x"));
        assert_eq!(Lookup::of(&some, &none, &some).attribute(), "secret_id");
        assert_eq!(Lookup::of(&none, &some, &some).attribute(), "name");
    }
}
