//! Secret groups (ibm-api.md 2.7).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, Patch};
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::secrets_manager::shared::{ALL, MANAGE, taken_name};
use crate::model::secrets_manager::{DEFAULT_GROUP, Instance, SecretGroup, within};
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::json;

/// The most groups in one instance (ibm-api.md 4.12), including the default group.
const LIMIT: usize = 200;

/// The operations of this API.
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

fn create(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    call.permission.require_everywhere()?;
    let mut fields = Fields::json(call.request)?;
    let name = fields.required_text("name", rules::GROUP_NAME)?;
    let description = fields.text("description", rules::DESCRIPTION)?;
    fields.finish()?;
    refuse_taken(tx, &call.instance, &name, "")?;
    if groups_of(tx, &call.instance).len() >= LIMIT {
        return Err(ApiError::new(
            ErrorKind::Limit,
            format!("The instance has reached the maximum of {LIMIT} secret groups."),
        ));
    }
    let group = SecretGroup {
        id: tx.ids.uuid(),
        instance_id: call.instance.id.clone(),
        name,
        description: description.unwrap_or_default(),
        created_by: call.caller.iam_id.clone(),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let response = ApiResponse::json(201, Body::of(&group));
    tx.state.secrets_manager.secret_groups.insert(group);
    response
}

fn list(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let groups = groups_of(tx, &call.instance);
    let seen: Vec<_> =
        groups.iter().filter(|group| call.permission.covers(&group.id)).map(Body::of).collect();
    ApiResponse::json(200, json!({ "total_count": seen.len(), "secret_groups": seen }))
}

fn get(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let id = call.request.param("id");
    if !rules::is_group_id(id) {
        return Err(ApiError::path("id", rules::GROUP_ID.message));
    }
    let group = find(tx, &call.instance, id)?;
    call.permission.require(id)?;
    ApiResponse::json(200, Body::of(&group))
}

fn update(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut group = changeable(call, tx)?;
    let mut fields = Fields::merge_patch(call.request)?;
    let name = fields.patch_text("name", rules::GROUP_NAME)?;
    let description = fields.patch_text("description", rules::DESCRIPTION)?;
    fields.finish()?;
    match name {
        Patch::Keep => {}
        Patch::Remove => return Err(ApiError::field("name", "cannot be removed")),
        Patch::Set(name) => {
            refuse_taken(tx, &call.instance, &name, &group.id)?;
            group.name = name;
        }
    }
    match description {
        Patch::Keep => {}
        Patch::Remove => group.description.clear(),
        Patch::Set(description) => group.description = description,
    }
    group.updated_at = tx.now;
    let response = ApiResponse::json(200, Body::of(&group));
    tx.state.secrets_manager.secret_groups.insert(group);
    response
}

fn delete(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = changeable(call, tx)?;
    let holds_secrets = tx.state.secrets_manager.secrets.values().any(|secret| {
        secret.instance_id == group.instance_id && secret.secret_group_id == group.id
    });
    if holds_secrets {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            format!("Secret group '{}' is not empty.", group.id),
        ));
    }
    let key = within(&group.instance_id, &group.id);
    tx.state.secrets_manager.secret_groups.remove(&key);
    ApiResponse::empty(204)
}

/// The group with that id, which may be the default group.
pub fn find(tx: &Transaction<'_>, instance: &Instance, id: &str) -> Result<SecretGroup> {
    if id == DEFAULT_GROUP {
        return Ok(default_group(instance));
    }
    let key = within(&instance.id, id);
    tx.state
        .secrets_manager
        .secret_groups
        .get(&key)
        .cloned()
        .ok_or_else(|| ApiError::not_found("Secret group", id))
}

/// The groups of the instance: the default group, then the others, oldest first.
pub fn groups_of(tx: &Transaction<'_>, instance: &Instance) -> Vec<SecretGroup> {
    let mut groups = vec![default_group(instance)];
    let others = &tx.state.secrets_manager.secret_groups;
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

/// The group with the path's id, which must not be the default group.
fn changeable(call: &SecretsManagerCall<'_>, tx: &Transaction<'_>) -> Result<SecretGroup> {
    let id = call.request.param("id");
    if !rules::is_uuid(id) {
        return Err(ApiError::path("id", "must be a lower-case UUID"));
    }
    let group = find(tx, &call.instance, id)?;
    call.permission.require(id)?;
    Ok(group)
}

fn refuse_taken(tx: &Transaction<'_>, instance: &Instance, name: &str, own_id: &str) -> Result<()> {
    let taken =
        groups_of(tx, instance).iter().any(|group| group.name == name && group.id != own_id);
    if taken {
        let message = format!("A secret group with the name '{name}' already exists.");
        return Err(taken_name(tx, message));
    }
    Ok(())
}
