//! The list that finds secret groups for `terraform query`.
//!
//! The service returns all groups at once and cannot search them, so the search is
//! done here, in the same attributes as for secrets (ibm-api.md 2.4, 2.7).

use serde::Deserialize;

use super::model::SecretGroup;
use crate::client;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::instance::{Failure, Found, Instance, InstanceList, Served, list_schema, search};

/// The list resource `ibm_sm_secret_group`.
pub struct SecretGroupList;

/// The filters of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    search: Value<String>,
}

impl Served for SecretGroupList {
    const TYPE_NAME: &'static str = super::resource::TYPE_NAME;

    fn schema() -> Schema {
        list_schema(
            "The secret groups of an instance.",
            vec![search("Part of the id, the name or the description, ignoring case.")],
        )
    }
}

impl InstanceList for SecretGroupList {
    type Filters = Filters;
    type Model = SecretGroup;

    const OBJECTS: &'static str = "the secret groups";

    async fn list(
        instance: &Instance,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Found<SecretGroup>>, Failure> {
        let groups = instance.client.list_secret_groups().await?;
        let search = filters.search.as_deref_option();
        let found = groups
            .into_iter()
            .filter(|group| search.is_none_or(|search| matches(group, search)))
            .take(limit)
            .map(|group| Found {
                id: group.id.clone(),
                display_name: group.name.clone().unwrap_or_default(),
                model: group.into(),
            });
        Ok(found.collect())
    }
}

fn matches(group: &client::SecretGroup, search: &str) -> bool {
    let search = search.to_lowercase();
    [Some(&group.id), group.name.as_ref(), group.description.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&search))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_matches_part_of_id_name_or_description_in_any_case() {
        let group: client::SecretGroup = serde_json::from_value(serde_json::json!({
            "id": "01234567-89ab", "name": "Team-A", "description": "keys of the Shop",
            "created_by": "me", "created_at": "2026-01-10T08:00:00Z",
            "updated_at": "2026-01-10T08:00:00Z"
        }))
        .unwrap();
        for (search, found) in
            [("67-89", true), ("team", true), ("SHOP", true), ("2026", false), ("team b", false)]
        {
            assert_eq!(matches(&group, search), found, "{search}");
        }
    }
}
