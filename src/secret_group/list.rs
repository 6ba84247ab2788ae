//! Secret groups as `terraform query` finds them.
//!
//! The service gives all groups at once and searches none of them, so the
//! search is done here, over the same texts as for secrets (ibm-api.md 2.4, 2.7).

use serde::Deserialize;

use super::model::{State, state};
use crate::client::SecretGroup;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::list::{ListResource, Listed};
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::Connection;
use crate::scope::failure::Action;
use crate::scope::{self, Scope};

/// The list of `ibm_sm_secret_group`.
pub struct SecretGroupList {
    fields: FieldSet,
    connection: Connection,
}

/// What to find.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(flatten)]
    scope: Scope,
    search: Value<String>,
}

impl SecretGroupList {
    /// The list, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let mut fields = scope::filters();
        fields.push(scope::search("Part of the id, the name or the description, in any case."));
        let fields = FieldSet::new("The secret groups of an instance.", fields);
        SecretGroupList { fields, connection }
    }

    async fn find(
        &self,
        call: &Call,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Listed>, Diagnostics> {
        let instance = self.connection.instance(&filters.scope, call)?;
        let groups =
            instance.client.list_secret_groups().await.map_err(|reason| {
                instance.failure(Action::Read, "the secret groups", &reason, None)
            })?;
        let nothing_known = State { scope: filters.scope.clone(), ..State::default() };
        let search = filters.search.as_deref_option();
        groups
            .into_iter()
            .filter(|group| search.is_none_or(|search| mentions(group, search)))
            .take(limit)
            .map(|group| {
                let group = state(&nothing_known, &instance, group);
                Listed::new(group.name.as_deref_option().unwrap_or_default(), &group)
            })
            .collect()
    }
}

impl ListResource for SecretGroupList {
    type Filters = Filters;

    fn type_name(&self) -> &'static str {
        "ibm_sm_secret_group"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    async fn list(
        &self,
        call: Call,
        filters: Filters,
        limit: usize,
        _: bool,
    ) -> Report<Vec<Listed>> {
        Report::found(self.find(&call, &filters, limit).await)
    }
}

fn mentions(group: &SecretGroup, search: &str) -> bool {
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
    fn a_search_is_part_of_id_name_or_description_in_any_case() {
        let group: SecretGroup = serde_json::from_value(serde_json::json!({
            "id": "01234567-89ab", "name": "Team-A", "description": "keys of the Shop",
            "created_by": "me", "created_at": "2026-01-10T08:00:00Z",
            "updated_at": "2026-01-10T08:00:00Z"
        }))
        .unwrap();
        for (search, found) in
            [("67-89", true), ("team", true), ("SHOP", true), ("2026", false), ("team b", false)]
        {
            assert_eq!(mentions(&group, search), found, "{search}");
        }
    }
}
