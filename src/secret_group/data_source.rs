//! Secret groups as they are looked up: one by its id, or all of an instance.

use serde::{Deserialize, Serialize};

use super::fields::fields;
use crate::client;
use crate::framework::check::text as text_check;
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::{FieldSet, Kind, list, number, text};
use crate::framework::resource::Call;
use crate::framework::value::{Value, text as known};
use crate::scope::connection::Connection;
use crate::scope::failure::{Action, nothing_there};
use crate::scope::{self, OBJECT_ID_RULE, Scope, is_object_id};

/// `ibm_sm_secret_group`, looked up.
pub struct SecretGroupSource {
    fields: FieldSet,
    connection: Connection,
}

/// What to find, and the group that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    scope: Scope,
    secret_group_id: Value<String>,
    name: Value<String>,
    description: Value<String>,
    created_by: Value<String>,
    created_at: Value<String>,
    updated_at: Value<String>,
}

impl SecretGroupSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let created_by = text("created_by").about("The IAM id of the creator.");
        let fields = view::<Found>(
            "A secret group of a Secrets Manager instance, by its id.",
            fields().into_iter().chain([created_by]),
            |field| match field.name {
                "secret_group_id" => {
                    field.required().check(text_check(OBJECT_ID_RULE, is_object_id)).about(
                        "The id of the group to look up; `default` is the one that every instance \
                         has.",
                    )
                }
                _ => scope::found(field),
            },
        );
        SecretGroupSource { fields, connection }
    }

    async fn find(&self, call: &Call, config: &Found) -> Result<Found, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let id = config.secret_group_id.as_deref_option().unwrap_or_default();
        let group = instance.client.get_secret_group(id).await.map_err(|reason| {
            let advice = reason.is_not_found().then(|| nothing_there("secret_group_id", &instance));
            instance.failure(Action::Read, &format!("secret group {id}"), &reason, advice)
        })?;
        Ok(Found {
            scope: config.scope.of(&instance, &group.id),
            secret_group_id: known(group.id),
            name: group.name.into(),
            description: group.description.into(),
            created_by: group.created_by.into(),
            created_at: known(group.created_at.to_string()),
            updated_at: known(group.updated_at.to_string()),
        })
    }
}

impl DataSource for SecretGroupSource {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "ibm_sm_secret_group"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, _: &Found) -> Diagnostics {
        Diagnostics::default()
    }

    async fn read(&self, call: Call, config: Found) -> Report<Option<Found>> {
        Report::found(self.find(&call, &config).await.map(Some))
    }
}

/// `ibm_sm_secret_groups`.
pub struct SecretGroupsSource {
    fields: FieldSet,
    connection: Connection,
}

/// Where to look, and the groups that were found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FoundAll {
    #[serde(flatten)]
    scope: Scope,
    secret_groups: Value<Vec<Group>>,
    total_count: Value<i64>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Group {
    id: String,
    name: Value<String>,
    description: Value<String>,
    created_at: String,
    updated_at: String,
}

impl SecretGroupsSource {
    /// The data source, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let fields = view::<FoundAll>(
            "All secret groups of a Secrets Manager instance that the identity of the API key may \
             see.",
            scope::fields().into_iter().chain([
                list("secret_groups", group_kind()).about(
                    "The groups: id, name, description, and when they were made and changed.",
                ),
                number("total_count").about("How many groups there are."),
            ]),
            |field| match field.name {
                "id" => scope::found(field)
                    .about("The instance's id in Terraform: `<region>/<instance_id>`."),
                _ => scope::found(field),
            },
        );
        SecretGroupsSource { fields, connection }
    }

    async fn find(&self, call: &Call, config: &FoundAll) -> Result<FoundAll, Diagnostics> {
        let instance = self.connection.instance(&config.scope, call)?;
        let groups =
            instance.client.list_secret_groups().await.map_err(|reason| {
                instance.failure(Action::Read, "the secret groups", &reason, None)
            })?;
        let groups: Vec<Group> = groups.into_iter().map(group).collect();
        Ok(FoundAll {
            scope: config.scope.whole(&instance),
            total_count: i64::try_from(groups.len()).ok().into(),
            secret_groups: Value::Value(groups),
        })
    }
}

impl DataSource for SecretGroupsSource {
    type Model = FoundAll;

    fn type_name(&self) -> &'static str {
        "ibm_sm_secret_groups"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, _: &FoundAll) -> Diagnostics {
        Diagnostics::default()
    }

    async fn read(&self, call: Call, config: FoundAll) -> Report<Option<FoundAll>> {
        Report::found(self.find(&call, &config).await.map(Some))
    }
}

/// The shape of an element: the official one, so that uses of it keep their
/// type.
fn group_kind() -> Kind {
    let names = ["id", "name", "description", "created_at", "updated_at"];
    Kind::Object(names.map(|name| (name, Kind::Text)).into())
}

/// Times have milliseconds here, unlike anywhere else: as in states of the
/// official provider (ibm-api.md 5.7).
fn group(group: client::SecretGroup) -> Group {
    Group {
        id: group.id,
        name: group.name.into(),
        description: group.description.into(),
        created_at: group.created_at.with_milliseconds(),
        updated_at: group.updated_at.with_milliseconds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_list_element_have_milliseconds() {
        let found = serde_json::from_value(serde_json::json!({
            "id": "default", "name": "default", "description": "", "created_by": "me",
            "created_at": "2026-11-24T06:10:04Z", "updated_at": "2026-11-24T06:10:05.25Z"
        }))
        .unwrap();
        let expected = Group {
            id: "default".to_owned(),
            name: known("default"),
            description: known(""),
            created_at: "2026-11-24T06:10:04.000Z".to_owned(),
            updated_at: "2026-11-24T06:10:05.250Z".to_owned(),
        };
        assert_eq!(group(found), expected);
    }
}
