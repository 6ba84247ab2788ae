//! Versions of a secret (ibm-api.md 2.5): create, restore, list, read, update, delete data.

use crate::error::{ApiError, Result};
use crate::http::fields::{self, Fields, Patch};
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::secrets_manager::bodies::VersionBody;
use crate::http::secrets_manager::settings;
use crate::http::secrets_manager::{ALL, MANAGE, READ_DATA, WRITE, secret};
use crate::model::secret::{Kind, Metadata, Secret, Version};
use crate::secrets_manager::versions::{self, Attachments};
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::json;

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_secret_version",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions",
        handler: Handler::SecretsManager(WRITE, create),
    },
    Operation {
        name: "list_secret_versions",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions",
        handler: Handler::SecretsManager(ALL, list),
    },
    Operation {
        name: "get_secret_version",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}",
        handler: Handler::SecretsManager(READ_DATA, get),
    },
    Operation {
        name: "get_secret_version_metadata",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/metadata",
        handler: Handler::SecretsManager(ALL, metadata),
    },
    Operation {
        name: "update_secret_version_metadata",
        method: Method::PATCH,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/metadata",
        handler: Handler::SecretsManager(WRITE, update),
    },
    Operation {
        name: "delete_secret_version_data",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/secret_data",
        handler: Handler::SecretsManager(MANAGE, delete_data),
    },
    Operation {
        name: "create_secret_version_action",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/secrets/{secret_id}/versions/{id}/actions",
        handler: Handler::SecretsManager(WRITE, action),
    },
];

fn create(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut secret = secret(call, tx)?;
    let mut fields = Fields::json(call.request)?;
    let attachments = Attachments {
        custom_metadata: fields.metadata("custom_metadata")?,
        version_custom_metadata: fields.metadata("version_custom_metadata")?,
    };
    let by = &call.caller.iam_id;
    if let Kind::Arbitrary { .. } = secret.kind {
        let payload = settings::payload(&mut fields)?;
        fields.finish()?;
        versions::add_payload(tx, &mut secret, by, payload, attachments)?;
    } else if let Some(segment) = fields.text("restore_from_version", rules::ANY)? {
        fields.finish()?;
        refuse_malformed(&segment)
            .map_err(|_| ApiError::field("restore_from_version", SEGMENT_RULE))?;
        versions::restore(tx, &mut secret, &segment, by, attachments)?;
    } else {
        fields.finish()?;
        versions::rotate(tx, &call.instance, &mut secret, by, false, attachments)?;
    }
    let (position, version) = position(&secret, "current")?;
    let reply = ApiResponse::json(201, VersionBody::with_data(&secret, position, version));
    tx.state.secrets_manager.secrets.insert(secret);
    reply
}

/// Newest first.
fn list(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let secret = secret(call, tx)?;
    let versions: Vec<_> = secret
        .versions
        .iter()
        .enumerate()
        .rev()
        .map(|(position, version)| VersionBody::metadata(&secret, position, version))
        .collect();
    ApiResponse::json(200, json!({ "total_count": versions.len(), "versions": versions }))
}

/// Reading `current` is reading the secret: it may generate credentials (ibm-api.md 2.5, V3).
fn get(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut secret = secret(call, tx)?;
    let segment = segment(call)?;
    let (position_before, _) = position(&secret, segment)?;
    let is_current = position_before + 1 == secret.versions.len();
    if is_current {
        versions::read(tx, &call.instance, &mut secret, &call.caller.iam_id)?;
    } else {
        if let Some(version) = secret.versions.get_mut(position_before) {
            version.downloaded |= version.payload_available();
        }
        secret.retrieved_at = Some(tx.now);
        secret.updated_at = tx.now;
    }
    let wanted = if is_current { "current" } else { segment };
    let (position, version) = position(&secret, wanted)?;
    let reply = ApiResponse::json(200, VersionBody::with_data(&secret, position, version));
    tx.state.secrets_manager.secrets.insert(secret);
    reply
}

fn metadata(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let secret = secret(call, tx)?;
    let (position, version) = position(&secret, segment(call)?)?;
    ApiResponse::json(200, VersionBody::metadata(&secret, position, version))
}

fn update(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut secret = secret(call, tx)?;
    let (position, _) = position(&secret, segment(call)?)?;
    let mut fields = Fields::merge_patch(call.request)?;
    let change = fields.patch("version_custom_metadata", |value| {
        fields::metadata("version_custom_metadata", value)
    })?;
    fields.finish()?;
    let Some(version) = secret.versions.get_mut(position) else {
        return Err(ApiError::not_found("Version", call.request.param("id")));
    };
    match change {
        Patch::Keep => {}
        Patch::Remove => version.version_custom_metadata = Metadata::new(),
        Patch::Set(metadata) => version.version_custom_metadata = metadata,
    }
    secret.updated_at = tx.now;
    let (position, version) = self::position(&secret, segment(call)?)?;
    let reply = ApiResponse::json(200, VersionBody::metadata(&secret, position, version));
    tx.state.secrets_manager.secrets.insert(secret);
    reply
}

fn delete_data(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut secret = secret(call, tx)?;
    versions::delete_data(tx, &mut secret, segment(call)?)?;
    tx.state.secrets_manager.secrets.insert(secret);
    ApiResponse::empty(204)
}

/// No action exists for the supported secret types (ibm-api.md 2.1, V7).
fn action(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let secret = secret(call, tx)?;
    position(&secret, segment(call)?)?;
    let mut fields = Fields::json(call.request)?;
    let action_type = fields.required_text("action_type", rules::ANY)?;
    let rule = format!(
        "'{action_type}' does not exist for versions of type {}",
        secret.kind.secret_type()
    );
    Err(ApiError::field("action_type", &rule))
}

const SEGMENT_RULE: &str = "must be a lower-case UUID, 'current' or 'previous'";

/// The version id or alias in the path.
pub fn segment<'a>(call: &SecretsManagerCall<'a>) -> Result<&'a str> {
    let segment = call.request.param("id");
    refuse_malformed(segment)?;
    Ok(segment)
}

fn refuse_malformed(segment: &str) -> Result<()> {
    if matches!(segment, "current" | "previous") || rules::is_uuid(segment) {
        return Ok(());
    }
    Err(ApiError::path("id", SEGMENT_RULE))
}

/// The version with that id or alias, and its position.
pub fn position<'a>(secret: &'a Secret, segment: &str) -> Result<(usize, &'a Version)> {
    let position = secret.position(segment);
    position
        .and_then(|position| Some((position, secret.versions.get(position)?)))
        .ok_or_else(|| ApiError::not_found("Version", segment))
}
