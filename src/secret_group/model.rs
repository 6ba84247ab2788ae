//! The group in Terraform's terms, and the pure arrows between it and IBM's.

use serde::{Deserialize, Serialize};

use crate::client;
use crate::framework::value::{Value, text};
use crate::scope::Scope;
use crate::scope::connection::Instance;
use crate::scope::timeouts::Timeouts;

/// Configuration, plan and state of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The instance it is in.
    #[serde(flatten)]
    pub scope: Scope,
    /// How long operations may take.
    pub timeouts: Value<Timeouts>,
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

/// What to create.
pub(super) fn prototype(plan: &State) -> client::SecretGroupPrototype {
    client::SecretGroupPrototype {
        name: plan.name.as_deref_option().unwrap_or_default().to_owned(),
        description: plan.description.as_deref_option().map(str::to_owned),
    }
}

/// What to change, if anything; an attribute that is dropped is emptied.
pub(super) fn patch(prior: &State, plan: &State) -> Option<client::SecretGroupPatch> {
    let changed = |before: &Value<String>, after: &Value<String>| {
        (before != after).then(|| after.as_deref_option().unwrap_or_default().to_owned())
    };
    let patch = client::SecretGroupPatch {
        name: changed(&prior.name, &plan.name),
        description: changed(&prior.description, &plan.description),
    };
    (patch != client::SecretGroupPatch::default()).then_some(patch)
}

/// The state of a group as the service describes it. `known` is the state
/// before: it keeps what only Terraform knows.
pub(super) fn state(known: &State, instance: &Instance, group: client::SecretGroup) -> State {
    State {
        scope: known.scope.of(instance, &group.id),
        timeouts: known.timeouts.clone(),
        name: group.name.into(),
        description: group.description.into(),
        secret_group_id: text(group.id),
        created_at: text(group.created_at.to_string()),
        updated_at: text(group.updated_at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, description: Value<String>) -> State {
        State { name: text(name), description, ..State::default() }
    }

    #[test]
    fn a_prototype_leaves_out_what_the_user_leaves_out() {
        let prototype = prototype(&group("team-a", Value::Null));
        assert_eq!(prototype.name, "team-a");
        assert_eq!(prototype.description, None);
    }

    #[test]
    fn a_patch_names_only_what_changes() {
        let prior = group("team-a", text("old"));
        for (plan, name, description) in [
            (group("team-b", text("old")), Some("team-b"), None),
            (group("team-a", text("new")), None, Some("new")),
            (group("team-a", Value::Null), None, Some("")),
        ] {
            let patch = patch(&prior, &plan).unwrap();
            assert_eq!(patch.name.as_deref(), name);
            assert_eq!(patch.description.as_deref(), description);
        }
        assert_eq!(patch(&prior, &prior), None);
    }
}
