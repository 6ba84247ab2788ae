//! Locks of secrets and versions (ibm-api.md 2.6).

use crate::error::{ApiError, Result};
use crate::http::fields::{Fields, missing};
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::http::secrets_manager::versions::{position, segment};
use crate::http::secrets_manager::{ALL, MANAGE, WRITE, secret};
use crate::model::secret::{Alias, Lock, Metadata, Secret, Version};
use crate::model::timestamp::Timestamp;
use crate::secrets_manager::locks::{self, Mode, NewLock};
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

/// The most locks in one request.
const ITEMS: usize = 1000;

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_secrets_locks",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets_locks",
        handler: Handler::SecretsManager(ALL, list_all),
    },
    Operation {
        name: "list_secret_locks",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/locks",
        handler: Handler::SecretsManager(ALL, list_of_secret),
    },
    Operation {
        name: "create_secret_locks_bulk",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/locks_bulk",
        handler: Handler::SecretsManager(WRITE, |call, tx| create(call, tx, "current")),
    },
    Operation {
        name: "delete_secret_locks_bulk",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/locks_bulk",
        handler: Handler::SecretsManager(MANAGE, |call, tx| delete(call, tx, "current")),
    },
    Operation {
        name: "list_secret_version_locks",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/locks",
        handler: Handler::SecretsManager(ALL, list_of_version),
    },
    Operation {
        name: "create_secret_version_locks_bulk",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/locks_bulk",
        handler: Handler::SecretsManager(WRITE, |call, tx| create(call, tx, segment(call)?)),
    },
    Operation {
        name: "delete_secret_version_locks_bulk",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/locks_bulk",
        handler: Handler::SecretsManager(MANAGE, |call, tx| delete(call, tx, segment(call)?)),
    },
];

/// One lock.
#[derive(Serialize)]
struct LockBody<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    attributes: &'a Metadata,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: &'a str,
    secret_group_id: &'a str,
    secret_id: &'a str,
    secret_version_id: &'a str,
    secret_version_alias: &'static str,
}

/// The names of the locks on the versions of a secret.
#[derive(Serialize)]
struct SecretLocks<'a> {
    secret_id: &'a str,
    secret_group_id: &'a str,
    secret_type: &'static str,
    secret_name: &'a str,
    versions: Vec<VersionLocks<'a>>,
}

#[derive(Serialize)]
struct VersionLocks<'a> {
    version_id: &'a str,
    version_alias: &'static str,
    locks: Vec<&'a str>,
    payload_available: bool,
}

impl<'a> SecretLocks<'a> {
    /// The current and the previous version: no other can have locks.
    fn of(secret: &'a Secret) -> Self {
        let newest_first = secret.versions.iter().rev();
        let aliases = [Alias::Current, Alias::Previous];
        Self {
            secret_id: &secret.id,
            secret_group_id: &secret.secret_group_id,
            secret_type: secret.kind.secret_type(),
            secret_name: &secret.name,
            versions: newest_first
                .zip(aliases)
                .map(|(version, alias)| VersionLocks {
                    version_id: &version.id,
                    version_alias: alias.name(),
                    locks: version.locks.iter().map(|lock| lock.name.as_str()).collect(),
                    payload_available: version.payload_available(),
                })
                .collect(),
        }
    }
}

fn list_all(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let window = Window::of(&mut query, 10_000_000, 1..=1000, 200)?;
    let search = query.search()?;
    let groups = query.list("groups", 201, rules::is_group_id)?;
    query.finish()?;
    let mut found: Vec<&Secret> = tx
        .state
        .secrets_manager
        .secrets
        .values()
        .filter(|secret| {
            secret.instance_id == call.instance.id
                && call.grant.covers(&secret.secret_group_id)
                && groups.as_ref().is_none_or(|groups| groups.contains(&secret.secret_group_id))
        })
        .filter(|secret| {
            let mut locks = secret.versions.iter().flat_map(|version| &version.locks);
            locks.any(|lock| is_found(lock, search.as_deref()))
        })
        .collect();
    found.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let page = window.page(call.request, "secrets_locks", &found, |secret| SecretLocks::of(secret));
    ApiResponse::json(200, page)
}

fn list_of_secret(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let secret = secret(call, tx)?;
    list(call, &secret, &secret.versions)
}

fn list_of_version(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let secret = secret(call, tx)?;
    let (_, version) = position(&secret, segment(call)?)?;
    list(call, &secret, std::slice::from_ref(version))
}

fn list(
    call: &SecretsManagerCall<'_>,
    secret: &Secret,
    versions: &[Version],
) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let window = Window::of(&mut query, 1000, 1..=100, 25)?;
    let sort = query.word(
        "sort",
        &["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"],
    )?;
    let search = query.search()?;
    query.finish()?;
    let mut found: Vec<(&Version, &Lock)> = versions
        .iter()
        .flat_map(|version| version.locks.iter().map(move |lock| (version, lock)))
        .filter(|(_, lock)| is_found(lock, search.as_deref()))
        .collect();
    match sort.map(|sort| sort.trim_start_matches('-')) {
        Some("name") => found.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name)),
        Some("updated_at") => found.sort_by_key(|(_, lock)| lock.updated_at),
        _ => found.sort_by_key(|(_, lock)| lock.created_at),
    }
    if sort.is_some_and(|sort| sort.starts_with('-')) {
        found.reverse();
    }
    let page = window.page(call.request, "locks", &found, |(version, lock)| LockBody {
        name: &lock.name,
        description: lock.description.as_deref(),
        attributes: &lock.attributes,
        created_at: lock.created_at,
        updated_at: lock.updated_at,
        created_by: &lock.created_by,
        secret_group_id: &secret.secret_group_id,
        secret_id: &secret.id,
        secret_version_id: &version.id,
        secret_version_alias: alias_of(secret, version),
    });
    ApiResponse::json(200, page)
}

fn create(
    call: &SecretsManagerCall<'_>,
    tx: &mut Transaction<'_>,
    segment: &str,
) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let mode = match query.word("mode", &["remove_previous", "remove_previous_and_delete"])? {
        None => Mode::Add,
        Some("remove_previous") => Mode::RemovePrevious,
        Some(_) => Mode::RemovePreviousAndDelete,
    };
    query.finish()?;
    let mut secret = secret(call, tx)?;
    let (position, _) = position(&secret, segment)?;
    let mut fields = Fields::json(call.request)?;
    let wanted = new_locks(fields.value("locks").ok_or_else(|| missing("locks"))?)?;
    fields.finish()?;
    locks::create(tx, &mut secret, position, wanted, mode, &call.caller.iam_id)?;
    let reply = ApiResponse::json(201, SecretLocks::of(&secret));
    tx.state.secrets_manager.secrets.insert(secret);
    reply
}

/// Unknown names are no error: those locks do not exist anyway.
fn delete(
    call: &SecretsManagerCall<'_>,
    tx: &mut Transaction<'_>,
    segment: &str,
) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let names = query.list("name", ITEMS, rules::is_lock_name)?;
    query.finish()?;
    let mut secret = secret(call, tx)?;
    let (position, _) = position(&secret, segment)?;
    locks::delete(tx, &mut secret, position, names.as_deref());
    let reply = ApiResponse::json(200, SecretLocks::of(&secret));
    tx.state.secrets_manager.secrets.insert(secret);
    reply
}

fn new_locks(value: Value) -> Result<Vec<NewLock>> {
    let Value::Array(items) = value else {
        return Err(ApiError::field("locks", "must be a list"));
    };
    if !(1..=ITEMS).contains(&items.len()) {
        return Err(ApiError::field("locks", "must have 1 to 1000 items"));
    }
    items
        .into_iter()
        .map(|item| {
            let mut item = Fields::nested("locks", item)?;
            let lock = NewLock {
                name: item.required_text("name", rules::LOCK_NAME)?,
                description: item.text("description", rules::DESCRIPTION)?,
                attributes: item.metadata("attributes")?.unwrap_or_default(),
            };
            item.finish()?;
            Ok(lock)
        })
        .collect()
}

fn is_found(lock: &Lock, search: Option<&str>) -> bool {
    search.is_none_or(|wanted| lock.name.to_lowercase().contains(&wanted.to_lowercase()))
}

fn alias_of(secret: &Secret, version: &Version) -> &'static str {
    let is_current = secret.current().is_some_and(|current| current.id == version.id);
    let alias = if is_current { Alias::Current } else { Alias::Previous };
    alias.name()
}
