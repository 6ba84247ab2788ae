//! The data sources that look up one secret group by its id, or all of an instance.

use serde::{Deserialize, Serialize};

use super::attributes::attributes;
use super::resource::TYPE_NAME;
use crate::client;
use crate::framework::diag::Diagnostics;
use crate::framework::schema::{Schema, Type, list, number, string};
use crate::framework::validators::checked;
use crate::framework::value::{Value, known};
use crate::instance::{Crud, Failure, Instance, InstanceDataSource, Served, data_source_schema};
use crate::units::id::{OBJECT_ID_RULE, check_object_id};

/// The data source `ibm_sm_secret_group`.
pub struct SecretGroupDataSource;

/// What to look up, and the group that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FoundGroup {
    secret_group_id: Value<String>,
    name: Value<String>,
    description: Value<String>,
    created_by: Value<String>,
    created_at: Value<String>,
    updated_at: Value<String>,
}

impl Served for SecretGroupDataSource {
    const TYPE_NAME: &'static str = TYPE_NAME;

    fn schema() -> Schema {
        let created_by = string("created_by").description("The IAM id of the creator.");
        data_source_schema::<FoundGroup>(
            "A secret group of a Secrets Manager instance, by its id.",
            attributes().into_iter().chain([created_by]).map(|attribute| match attribute.name {
                "secret_group_id" => attribute
                    .required()
                    .validator(checked(OBJECT_ID_RULE, check_object_id))
                    .description(
                        "The id of the group to look up; `default` is the one that every instance \
                         has.",
                    ),
                _ => attribute.read_only(),
            }),
        )
    }
}

impl InstanceDataSource for SecretGroupDataSource {
    type Model = FoundGroup;

    fn id(found: &FoundGroup) -> Option<&str> {
        found.secret_group_id.as_deref_option()
    }

    async fn read(
        instance: &Instance,
        config: FoundGroup,
        _: &mut Diagnostics,
    ) -> Result<FoundGroup, Diagnostics> {
        let id = config.secret_group_id.as_deref_option().unwrap_or_default();
        let group = instance.client.get_secret_group(id).await.map_err(|reason| {
            let advice = reason.is_not_found().then(|| instance.nothing_there("secret_group_id"));
            let failure = Failure::Api(reason, advice);
            instance.diagnostics(Crud::Read, &format!("secret group {id}"), failure)
        })?;
        Ok(FoundGroup {
            secret_group_id: known(group.id),
            name: group.name.into(),
            description: group.description.into(),
            created_by: group.created_by.into(),
            created_at: known(group.created_at.to_string()),
            updated_at: known(group.updated_at.to_string()),
        })
    }
}

/// The data source `ibm_sm_secret_groups`.
pub struct SecretGroupsDataSource;

/// The groups that were found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FoundGroups {
    secret_groups: Value<Vec<Value<Group>>>,
    total_count: Value<i64>,
}

/// One group of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Group {
    id: Value<String>,
    name: Value<String>,
    description: Value<String>,
    created_at: Value<String>,
    updated_at: Value<String>,
}

impl Served for SecretGroupsDataSource {
    const TYPE_NAME: &'static str = "ibm_sm_secret_groups";

    fn schema() -> Schema {
        data_source_schema::<FoundGroups>(
            "All secret groups of a Secrets Manager instance that the caller may see.",
            [
                string("id")
                    .computed()
                    .description("The instance's id in Terraform: `<region>/<instance_id>`."),
                list("secret_groups", group_type())
                    .computed()
                    .description("The groups that the caller may see.")
                    .members(MEMBERS),
                number("total_count").computed().description("How many groups there are."),
            ],
        )
    }
}

impl InstanceDataSource for SecretGroupsDataSource {
    type Model = FoundGroups;

    fn id(_: &FoundGroups) -> Option<&str> {
        None
    }

    async fn read(
        instance: &Instance,
        _: FoundGroups,
        _: &mut Diagnostics,
    ) -> Result<FoundGroups, Diagnostics> {
        let groups = instance.client.list_secret_groups().await.map_err(|reason| {
            instance.diagnostics(Crud::Read, "the secret groups", reason.into())
        })?;
        let groups: Vec<_> = groups.into_iter().map(|found| Value::Value(group(found))).collect();
        Ok(FoundGroups {
            total_count: i64::try_from(groups.len()).ok().into(),
            secret_groups: Value::Value(groups),
        })
    }
}

/// The type of an element: the official provider's, so that expressions that use it
/// still work.
/// What the attributes of a group in the list are; all are strings.
const MEMBERS: &[(&str, &str)] = &[
    ("id", "The id by which secrets refer to the group."),
    ("name", "The group's name."),
    ("description", "What the group is for."),
    ("created_at", "When the group was created, RFC 3339."),
    ("updated_at", "When the group last changed, RFC 3339."),
];

fn group_type() -> Type {
    Type::Object(MEMBERS.iter().map(|(name, _)| (*name, Type::String)).collect())
}

/// Times have milliseconds here, unlike anywhere else, because the official provider's
/// states have them (ibm-api.md 5.7).
fn group(group: client::SecretGroup) -> Group {
    Group {
        id: known(group.id),
        name: group.name.into(),
        description: group.description.into(),
        created_at: known(group.created_at.with_milliseconds()),
        updated_at: known(group.updated_at.with_milliseconds()),
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
            id: known("default"),
            name: known("default"),
            description: known(""),
            created_at: known("2026-11-24T06:10:04.000Z"),
            updated_at: known("2026-11-24T06:10:05.250Z"),
        };
        assert_eq!(group(found), expected);
    }
}
