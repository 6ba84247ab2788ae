//! Secrets (ibm-api.md 2.4): create, list, read, update, delete.

use crate::engine::{authorization, credentials};
use crate::error::{ApiError, Result};
use crate::http::fields::{Fields, Patch};
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::http::secrets_manager::bodies::SecretBody;
use crate::http::secrets_manager::groups;
use crate::http::secrets_manager::settings::{self, Common};
use crate::http::secrets_manager::shared::{ALL, MANAGE, READ_DATA, WRITE, secret, taken_name};
use crate::model::secret::{Kind, Metadata, Secret, Version};
use crate::model::sensitive::Sensitive;
use crate::model::{CustomMetadataPatch, ListEntries};
use crate::secrets_manager::versions;
use crate::transaction::Transaction;
use axum::http::Method;
use std::cmp::Ordering;

/// Secret types that the emulator does not support.
const OTHER_TYPES: &[&str] = &[
    "imported_cert",
    "kv",
    "private_cert",
    "public_cert",
    "service_credentials",
    "username_password",
    "custom_credentials",
];
/// The sort orders of S2.
const SORTS: &[&str] = &[
    "id",
    "-id",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "retrieved_at",
    "-retrieved_at",
    "expiration_date",
    "-expiration_date",
    "secret_type",
    "-secret_type",
    "name",
    "-name",
];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_secret",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets",
        handler: Handler::SecretsManager(WRITE, create),
    },
    Operation {
        name: "list_secrets",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets",
        handler: Handler::SecretsManager(ALL, list),
    },
    Operation {
        name: "get_secret",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}",
        handler: Handler::SecretsManager(READ_DATA, get),
    },
    Operation {
        name: "get_secret_by_name_type",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secret_groups/{secret_group_name}/secret_types/{secret_type}/secrets/{name}",
        handler: Handler::SecretsManager(READ_DATA, get_by_name),
    },
    Operation {
        name: "get_secret_metadata",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/metadata",
        handler: Handler::SecretsManager(ALL, metadata),
    },
    Operation {
        name: "update_secret_metadata",
        method: Method::PATCH,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/metadata",
        handler: Handler::SecretsManager(WRITE, update),
    },
    Operation {
        name: "delete_secret",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}",
        handler: Handler::SecretsManager(MANAGE, delete),
    },
    Operation {
        name: "create_secret_action",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/actions",
        handler: Handler::SecretsManager(WRITE, action),
    },
];

fn create(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut fields = Fields::json(call.request)?;
    let secret_type = fields.required_text("secret_type", rules::ANY)?;
    let common = settings::common(&mut fields)?;
    let (kind, payload) = match secret_type.as_str() {
        "iam_credentials" => {
            let settings = settings::iam_credentials(
                &mut fields,
                &common.name,
                tx.state.switches.rotation_month,
                tx.now,
            )?;
            (Kind::IamCredentials(settings), None)
        }
        "arbitrary" => {
            let (kind, payload) = settings::arbitrary(&mut fields, tx.now)?;
            (kind, Some(payload))
        }
        other if OTHER_TYPES.contains(&other) => {
            let rule = format!("'{other}' is not supported by this emulator");
            return Err(ApiError::field("secret_type", &rule));
        }
        _ => return Err(ApiError::field("secret_type", "is not a secret type")),
    };
    fields.finish()?;
    groups::find(tx, &call.instance, &common.secret_group_id)
        .map_err(|error| error.about("secret_group_id"))?;
    call.permission.require(&common.secret_group_id)?;
    refuse_taken(tx, call, &kind, &common.name)?;
    if let Kind::IamCredentials(settings) = &kind {
        authorization::authorize(tx, &call.instance, settings)?;
        credentials::check_source(&tx.state.iam, &call.instance, settings)?;
    }
    let secret = new_secret(tx, call, common, kind, payload);
    let response =
        ApiResponse::json(201, SecretBody::with_data(&secret, &call.instance, tx.state.switches));
    tx.state.secrets_manager.secrets.insert(secret);
    response
}

fn new_secret(
    tx: &mut Transaction<'_>,
    call: &SecretsManagerCall<'_>,
    common: Common,
    kind: Kind,
    payload: Option<Sensitive>,
) -> Secret {
    let version = Version {
        id: tx.ids.uuid(),
        created_by: call.caller.iam_id.clone(),
        created_at: tx.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: common.version_custom_metadata,
        expiration_date: None,
        api_key_id: None,
        service_id: None,
        payload,
        locks: Vec::new(),
    };
    Secret {
        id: tx.ids.uuid(),
        instance_id: call.instance.id.clone(),
        name: common.name,
        description: common.description,
        secret_group_id: common.secret_group_id,
        labels: common.labels,
        custom_metadata: common.custom_metadata,
        created_by: call.caller.iam_id.clone(),
        created_at: tx.now,
        updated_at: tx.now,
        retrieved_at: None,
        kind,
        versions: vec![version],
    }
}

fn list(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let window = Window::of(&mut query, 10_000_000, 1..=1000, 200)?;
    let sort = query.word("sort", SORTS)?.unwrap_or("created_at");
    let search = query.search()?.map(|text| text.to_lowercase());
    let groups = query.list("groups", 201, rules::is_group_id)?;
    let types = query.list("secret_types", 9, |item| {
        matches!(item, "arbitrary" | "iam_credentials") || OTHER_TYPES.contains(&item)
    })?;
    let labels = query.list("match_all_labels", 30, |item| (rules::LABEL.is_valid)(item))?;
    query.finish()?;
    let contains = |wanted: &Option<Vec<String>>, item: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| wanted == item))
    };
    let mut found: Vec<&Secret> = tx
        .state
        .secrets_manager
        .secrets
        .values()
        .filter(|secret| {
            secret.instance_id == call.instance.id
                && call.permission.covers(&secret.secret_group_id)
                && contains(&groups, &secret.secret_group_id)
                && contains(&types, secret.kind.secret_type())
                && labels
                    .as_ref()
                    .is_none_or(|labels| labels.iter().all(|label| secret.labels.contains(label)))
                && search.as_deref().is_none_or(|wanted| matches_search(secret, wanted))
        })
        .collect();
    let (field, descending) = match sort.strip_prefix('-') {
        Some(field) => (field, true),
        None => (sort, false),
    };
    found.sort_by(|a, b| {
        let order = compare(field, a, b);
        let order = if descending { order.reverse() } else { order };
        order.then_with(|| a.id.cmp(&b.id))
    });
    let page = window.page(call.request, "secrets", &found, |secret| {
        let body = SecretBody::metadata(secret, &call.instance, tx.state.switches);
        match tx.state.switches.list_entries {
            ListEntries::Whole => body,
            ListEntries::Brief => body.brief(),
        }
    });
    ApiResponse::json(200, page)
}

fn matches_search(secret: &Secret, wanted: &str) -> bool {
    let texts = [
        secret.id.as_str(),
        secret.name.as_str(),
        secret.description.as_deref().unwrap_or_default(),
        secret.kind.secret_type(),
    ];
    let labels = secret.labels.iter().map(String::as_str);
    texts.into_iter().chain(labels).any(|text| text.to_lowercase().contains(wanted))
}

fn compare(field: &str, a: &Secret, b: &Secret) -> Ordering {
    match field {
        "id" => a.id.cmp(&b.id),
        "name" => a.name.cmp(&b.name),
        "secret_type" => a.kind.secret_type().cmp(b.kind.secret_type()),
        "updated_at" => a.updated_at.cmp(&b.updated_at),
        "retrieved_at" => a.retrieved_at.cmp(&b.retrieved_at),
        "expiration_date" => a.expiration_date().cmp(&b.expiration_date()),
        _ => a.created_at.cmp(&b.created_at),
    }
}

fn get(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let secret = secret(call, tx)?;
    read(call, tx, secret)
}

fn get_by_name(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let request = call.request;
    let (group, secret_type, name) =
        (request.param("secret_group_name"), request.param("secret_type"), request.param("name"));
    let all_groups = groups::groups_of(tx, &call.instance);
    let group = all_groups
        .iter()
        .find(|candidate| candidate.name == group)
        .ok_or_else(|| ApiError::not_found("Secret group", group))?;
    call.permission.require(&group.id)?;
    let secrets = &tx.state.secrets_manager.secrets;
    let found = secrets
        .values()
        .find(|secret| {
            secret.instance_id == call.instance.id
                && secret.secret_group_id == group.id
                && secret.kind.secret_type() == secret_type
                && secret.name == name
        })
        .cloned()
        .ok_or_else(|| ApiError::not_found("Secret", name))?;
    read(call, tx, found)
}

fn read(
    call: &SecretsManagerCall<'_>,
    tx: &mut Transaction<'_>,
    mut secret: Secret,
) -> Result<ApiResponse> {
    versions::read(tx, &call.instance, &mut secret, &call.caller.iam_id)?;
    let response =
        ApiResponse::json(200, SecretBody::with_data(&secret, &call.instance, tx.state.switches));
    tx.state.secrets_manager.secrets.insert(secret);
    response
}

fn metadata(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    ApiResponse::json(
        200,
        SecretBody::metadata(&secret(call, tx)?, &call.instance, tx.state.switches),
    )
}

fn update(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut secret = secret(call, tx)?;
    let changes = settings::changes(Fields::merge_patch(call.request)?, &secret.kind, tx.now)?;
    match changes.name {
        Patch::Keep => {}
        Patch::Remove => return Err(ApiError::field("name", "cannot be removed")),
        Patch::Set(name) => {
            if name != secret.name {
                refuse_taken(tx, call, &secret.kind, &name)?;
            }
            secret.name = name;
        }
    }
    match changes.description {
        Patch::Keep => {}
        Patch::Remove => secret.description = None,
        Patch::Set(description) => secret.description = Some(description),
    }
    match changes.labels {
        Patch::Keep => {}
        Patch::Remove => secret.labels.clear(),
        Patch::Set(labels) => secret.labels = labels,
    }
    match changes.custom_metadata {
        Patch::Keep => {}
        Patch::Remove => secret.custom_metadata = Metadata::new(),
        Patch::Set(patch) => match tx.state.switches.custom_metadata_patch {
            CustomMetadataPatch::Replace => secret.custom_metadata = patch,
            CustomMetadataPatch::Merge => settings::merge(&mut secret.custom_metadata, patch)?,
        },
    }
    let lease_end = secret
        .current()
        .filter(|current| current.payload_available())
        .and_then(|current| current.expiration_date);
    match &mut secret.kind {
        Kind::IamCredentials(settings) => {
            let base = settings.rotated_at.unwrap_or(secret.created_at);
            settings::apply(
                settings,
                changes.ttl,
                changes.rotation,
                lease_end,
                base,
                tx.state.switches.rotation_month,
                tx.now,
            )?;
        }
        Kind::Arbitrary { expiration_date, .. } => match changes.expiration_date {
            Patch::Keep => {}
            Patch::Remove => *expiration_date = None,
            Patch::Set(date) => *expiration_date = Some(date),
        },
    }
    secret.updated_at = tx.now;
    let response =
        ApiResponse::json(200, SecretBody::metadata(&secret, &call.instance, tx.state.switches));
    tx.state.secrets_manager.secrets.insert(secret);
    response
}

fn delete(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("force_delete")?;
    query.finish()?;
    let secret = secret(call, tx)?;
    versions::delete_all(tx, &call.instance, &secret)?;
    tx.state.secrets_manager.secrets.remove(&secret.id);
    ApiResponse::empty(204)
}

/// No action exists for the supported secret types (ibm-api.md 2.1, S8).
fn action(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let secret = secret(call, tx)?;
    let mut fields = Fields::json(call.request)?;
    let action_type = fields.required_text("action_type", rules::ANY)?;
    let rule =
        format!("'{action_type}' does not exist for secrets of type {}", secret.kind.secret_type());
    Err(ApiError::field("action_type", &rule))
}

fn refuse_taken(
    tx: &Transaction<'_>,
    call: &SecretsManagerCall<'_>,
    kind: &Kind,
    name: &str,
) -> Result<()> {
    let taken = tx.state.secrets_manager.secrets.values().any(|secret| {
        secret.instance_id == call.instance.id
            && secret.kind.secret_type() == kind.secret_type()
            && secret.name == name
    });
    if taken {
        let message = format!(
            "A secret of type {} with the name '{name}' already exists.",
            kind.secret_type()
        );
        return Err(taken_name(tx, message));
    }
    Ok(())
}
