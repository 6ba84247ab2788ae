//! Secret groups (ibm-api.md 2.7).

use crate::http::fields::{Fields, Patch};
use crate::http::operation::{Answer, Handler, Operation, Reply, VaultCall};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::vault::{ALL, MANAGE};
use crate::model::timestamp::Timestamp;
use crate::model::vault::{DEFAULT_GROUP, Instance, SecretGroup, within};
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde::Serialize;
use serde_json::json;

/// Groups in one instance (ibm-api.md 4.12), the default one included.
const LIMIT: usize = 200;

/// The operations.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_secret_group",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secret_groups",
        handler: Handler::SecretsManager(MANAGE, create),
    },
    Operation {
        name: "list_secret_groups",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secret_groups",
        handler: Handler::SecretsManager(ALL, list),
    },
    Operation {
        name: "get_secret_group",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secret_groups/{id}",
        handler: Handler::SecretsManager(ALL, get),
    },
    Operation {
        name: "update_secret_group",
        method: Method::PATCH,
        path: "/instances/{instance_id}/api/v2/secret_groups/{id}",
        handler: Handler::SecretsManager(MANAGE, update),
    },
    Operation {
        name: "delete_secret_group",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/secret_groups/{id}",
        handler: Handler::SecretsManager(MANAGE, delete),
    },
];

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    created_by: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> Body<'a> {
    fn of(group: &'a SecretGroup) -> Self {
        Self {
            id: &group.id,
            name: &group.name,
            description: &group.description,
            created_by: &group.created_by,
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

fn create(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    vault.grant.require_everywhere()?;
    let mut fields = Fields::json(vault.call)?;
    let name = fields.required_text("name", rules::GROUP_NAME)?;
    let description = fields.text("description", rules::DESCRIPTION)?;
    fields.finish()?;
    refuse_taken(step, &vault.instance, &name, "")?;
    if groups_of(step, &vault.instance).len() >= LIMIT {
        return Err(Refusal::new(
            Kind::Limit,
            format!("The instance has reached the maximum of {LIMIT} secret groups."),
        ));
    }
    let group = SecretGroup {
        id: step.ids.uuid(),
        instance_id: vault.instance.id.clone(),
        name,
        description: description.unwrap_or_default(),
        created_by: vault.caller.iam_id.clone(),
        created_at: step.now,
        updated_at: step.now,
    };
    let reply = Reply::json(201, Body::of(&group));
    step.state.secrets_manager.secret_groups.insert(group);
    reply
}

fn list(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let groups = groups_of(step, &vault.instance);
    let seen: Vec<_> =
        groups.iter().filter(|group| vault.grant.covers(&group.id)).map(Body::of).collect();
    Reply::json(200, json!({ "total_count": seen.len(), "secret_groups": seen }))
}

fn get(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let id = vault.call.param("id");
    if !rules::is_group_id(id) {
        return Err(Refusal::path("id", rules::GROUP_ID.says));
    }
    let group = find(step, &vault.instance, id)?;
    vault.grant.require(id)?;
    Reply::json(200, Body::of(&group))
}

fn update(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut group = changeable(vault, step)?;
    let mut fields = Fields::merge_patch(vault.call)?;
    let name = fields.patch_text("name", rules::GROUP_NAME)?;
    let description = fields.patch_text("description", rules::DESCRIPTION)?;
    fields.finish()?;
    match name {
        Patch::Keep => {}
        Patch::Remove => return Err(Refusal::field("name", "cannot be removed")),
        Patch::Set(name) => {
            refuse_taken(step, &vault.instance, &name, &group.id)?;
            group.name = name;
        }
    }
    match description {
        Patch::Keep => {}
        Patch::Remove => group.description.clear(),
        Patch::Set(description) => group.description = description,
    }
    group.updated_at = step.now;
    let reply = Reply::json(200, Body::of(&group));
    step.state.secrets_manager.secret_groups.insert(group);
    reply
}

fn delete(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let group = changeable(vault, step)?;
    let holds_secrets = step.state.secrets_manager.secrets.values().any(|secret| {
        secret.instance_id == group.instance_id && secret.secret_group_id == group.id
    });
    if holds_secrets {
        return Err(Refusal::new(
            Kind::Conflict,
            format!("Secret group '{}' is not empty.", group.id),
        ));
    }
    let key = within(&group.instance_id, &group.id);
    step.state.secrets_manager.secret_groups.remove(&key);
    Reply::empty(204)
}

/// The group of that id, the default one included.
pub fn find(step: &Step<'_>, instance: &Instance, id: &str) -> Result<SecretGroup> {
    if id == DEFAULT_GROUP {
        return Ok(default_group(instance));
    }
    let key = within(&instance.id, id);
    step.state
        .secrets_manager
        .secret_groups
        .get(&key)
        .cloned()
        .ok_or_else(|| Refusal::not_found("Secret group", id))
}

/// The groups of the instance, oldest first; the default one leads.
pub fn groups_of(step: &Step<'_>, instance: &Instance) -> Vec<SecretGroup> {
    let mut groups = vec![default_group(instance)];
    let others = &step.state.secrets_manager.secret_groups;
    groups.extend(others.starting_with(&within(&instance.id, "")).cloned());
    if let Some(others) = groups.get_mut(1..) {
        others.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    }
    groups
}

fn default_group(instance: &Instance) -> SecretGroup {
    SecretGroup {
        id: DEFAULT_GROUP.to_owned(),
        instance_id: instance.id.clone(),
        name: DEFAULT_GROUP.to_owned(),
        description: "Default Secret Group".to_owned(),
        created_by: "iam-ServiceId-00000000-0000-4000-8000-000000000000".to_owned(),
        created_at: instance.created_at,
        updated_at: instance.created_at,
    }
}

/// The group of the path, which must not be the default one.
fn changeable(vault: &VaultCall<'_>, step: &Step<'_>) -> Result<SecretGroup> {
    let id = vault.call.param("id");
    if !rules::is_uuid(id) {
        return Err(Refusal::path("id", "must be a lower-case UUID"));
    }
    let group = find(step, &vault.instance, id)?;
    vault.grant.require(id)?;
    Ok(group)
}

fn refuse_taken(step: &Step<'_>, instance: &Instance, name: &str, own_id: &str) -> Result<()> {
    let taken =
        groups_of(step, instance).iter().any(|group| group.name == name && group.id != own_id);
    if taken {
        return Err(Refusal::new(
            Kind::Conflict,
            format!("A secret group with the name '{name}' already exists."),
        ));
    }
    Ok(())
}
