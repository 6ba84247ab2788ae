//! The group as Terraform models it, converted to and from IBM's API types; no client, clock or log.

use serde::{Deserialize, Serialize};

use crate::client;
use crate::framework::value::{Value, known};

/// Configuration, plan and state of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecretGroup {
    /// Unique in the instance.
    pub name: Value<String>,
    /// What it is for.
    pub description: Value<String>,
    /// The id in the service.
    pub secret_group_id: Value<String>,
    /// RFC 3339.
    pub created_at: Value<String>,
    /// RFC 3339.
    pub updated_at: Value<String>,
}

/// The request that creates the group.
pub(super) fn prototype(plan: &SecretGroup) -> client::SecretGroupPrototype {
    client::SecretGroupPrototype {
        name: plan.name.as_deref_option().unwrap_or_default().to_owned(),
        description: plan.description.as_deref_option().map(str::to_owned),
    }
}

/// The request that changes the group, if anything changes; a removed attribute becomes empty.
pub(super) fn patch(prior: &SecretGroup, plan: &SecretGroup) -> Option<client::SecretGroupPatch> {
    let changed = |before: &Value<String>, after: &Value<String>| {
        (before != after).then(|| after.as_deref_option().unwrap_or_default().to_owned())
    };
    let patch = client::SecretGroupPatch {
        name: changed(&prior.name, &plan.name),
        description: changed(&prior.description, &plan.description),
    };
    (patch != client::SecretGroupPatch::default()).then_some(patch)
}

/// The group as the service describes it.
impl From<client::SecretGroup> for SecretGroup {
    fn from(group: client::SecretGroup) -> Self {
        SecretGroup {
            name: group.name.into(),
            description: group.description.into(),
            secret_group_id: known(group.id),
            created_at: known(group.created_at.to_string()),
            updated_at: known(group.updated_at.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, description: Value<String>) -> SecretGroup {
        SecretGroup { name: known(name), description, ..SecretGroup::default() }
    }

    #[test]
    fn a_prototype_omits_what_the_configuration_omits() {
        let prototype = prototype(&group("team-a", Value::Null));
        assert_eq!(prototype.name, "team-a");
        assert_eq!(prototype.description, None);
    }

    #[test]
    fn a_patch_contains_only_changes() {
        let prior = group("team-a", known("old"));
        for (plan, name, description) in [
            (group("team-b", known("old")), Some("team-b"), None),
            (group("team-a", known("new")), None, Some("new")),
            (group("team-a", Value::Null), None, Some("")),
        ] {
            let patch = patch(&prior, &plan).unwrap();
            assert_eq!(patch.name.as_deref(), name);
            assert_eq!(patch.description.as_deref(), description);
        }
        assert_eq!(patch(&prior, &prior), None);
    }
}
