//! Versions of a secret (ibm-api.md 2.5): rotate, restore, list, read, change, delete data.

use crate::engine::versions::{self, Attachments};
use crate::http::fields::Fields;
use crate::http::operation::{Answer, Handler, Operation, Reply, VaultCall};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::vault::bodies::VersionBody;
use crate::http::vault::{ALL, MANAGE, READ_DATA, WRITE, secret};
use crate::model::secret::{Kind, Metadata, Secret, Version};
use crate::model::sensitive::Sensitive;
use crate::refusal::{Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde_json::json;

/// The operations.
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

fn create(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut secret = secret(vault, step)?;
    let mut fields = Fields::json(vault.call)?;
    let attachments = Attachments {
        custom_metadata: fields.metadata("custom_metadata")?,
        version_custom_metadata: fields.metadata("version_custom_metadata")?,
    };
    let restore_from = fields.text("restore_from_version", rules::ANY)?;
    let by = &vault.caller.iam_id;
    if let Kind::Arbitrary { .. } = secret.kind {
        let payload = fields.required_text("payload", rules::NOT_EMPTY)?;
        fields.finish()?;
        replace_payload(step, &mut secret, by, Sensitive::new(payload), attachments)?;
    } else if let Some(segment) = restore_from {
        fields.finish()?;
        refuse_malformed(&segment)
            .map_err(|_| Refusal::field("restore_from_version", SEGMENT_RULE))?;
        versions::restore(step, &mut secret, &segment, by, attachments)?;
    } else {
        fields.finish()?;
        versions::rotate(step, &vault.instance, &mut secret, by, false, attachments)?;
    }
    let (position, version) = position(&secret, "current")?;
    let reply = Reply::json(201, VersionBody::with_data(&secret, position, version));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

/// A new version of an arbitrary secret: two payloads are kept, as for any kind.
fn replace_payload(
    step: &mut Step<'_>,
    secret: &mut Secret,
    by: &str,
    payload: Sensitive,
    attachments: Attachments,
) -> Result<()> {
    if let Some(previous) = secret.previous()
        && !previous.locks.is_empty()
    {
        return Err(Refusal::version_locked());
    }
    let older = secret.versions.len().saturating_sub(1);
    for version in secret.versions.iter_mut().take(older) {
        version.payload = None;
    }
    secret.push_version(Version {
        id: step.ids.uuid(),
        created_by: by.to_owned(),
        created_at: step.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: attachments.version_custom_metadata.unwrap_or_default(),
        expiration_date: None,
        api_key_id: None,
        service_id: None,
        payload: Some(payload),
        locks: Vec::new(),
    });
    if let Some(metadata) = attachments.custom_metadata {
        secret.custom_metadata = metadata;
    }
    secret.updated_at = step.now;
    Ok(())
}

/// Newest first.
fn list(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let secret = secret(vault, step)?;
    let versions: Vec<_> = secret
        .versions
        .iter()
        .enumerate()
        .rev()
        .map(|(position, version)| VersionBody::metadata(&secret, position, version))
        .collect();
    Reply::json(200, json!({ "total_count": versions.len(), "versions": versions }))
}

/// A read of `current` is a read of the secret: it may generate (ibm-api.md 2.5, V3).
fn get(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut secret = secret(vault, step)?;
    let segment = segment(vault)?;
    let (position_before, _) = position(&secret, segment)?;
    let is_current = position_before + 1 == secret.versions.len();
    if is_current {
        versions::read(step, &vault.instance, &mut secret, &vault.caller.iam_id)?;
    } else {
        if let Some(version) = secret.versions.get_mut(position_before) {
            version.downloaded |= version.payload_available();
        }
        secret.retrieved_at = Some(step.now);
        secret.updated_at = step.now;
    }
    let wanted = if is_current { "current" } else { segment };
    let (position, version) = position(&secret, wanted)?;
    let reply = Reply::json(200, VersionBody::with_data(&secret, position, version));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

fn metadata(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let secret = secret(vault, step)?;
    let (position, version) = position(&secret, segment(vault)?)?;
    Reply::json(200, VersionBody::metadata(&secret, position, version))
}

fn update(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut secret = secret(vault, step)?;
    let (position, _) = position(&secret, segment(vault)?)?;
    let mut fields = Fields::merge_patch(vault.call)?;
    let change = fields.patch("version_custom_metadata", |value| {
        crate::http::fields::metadata("version_custom_metadata", value)
    })?;
    fields.finish()?;
    let Some(version) = secret.versions.get_mut(position) else {
        return Err(Refusal::not_found("Version", vault.call.param("id")));
    };
    match change {
        crate::http::fields::Patch::Keep => {}
        crate::http::fields::Patch::Remove => version.version_custom_metadata = Metadata::new(),
        crate::http::fields::Patch::Set(metadata) => version.version_custom_metadata = metadata,
    }
    secret.updated_at = step.now;
    let (position, version) = self::position(&secret, segment(vault)?)?;
    let reply = Reply::json(200, VersionBody::metadata(&secret, position, version));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

fn delete_data(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut secret = secret(vault, step)?;
    versions::delete_data(step, &mut secret, segment(vault)?)?;
    step.state.secrets_manager.secrets.insert(secret);
    Reply::empty(204)
}

/// No action exists for the types of secrets that are here (ibm-api.md 2.1, V7).
fn action(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    let secret = secret(vault, step)?;
    position(&secret, segment(vault)?)?;
    let mut fields = Fields::json(vault.call)?;
    let action_type = fields.required_text("action_type", rules::ANY)?;
    let rule = format!(
        "'{action_type}' does not exist for versions of type {}",
        secret.kind.secret_type()
    );
    Err(Refusal::field("action_type", &rule))
}

const SEGMENT_RULE: &str = "must be a lower-case UUID, 'current' or 'previous'";

/// The path's version id or alias.
pub fn segment<'a>(vault: &VaultCall<'a>) -> Result<&'a str> {
    let segment = vault.call.param("id");
    refuse_malformed(segment)?;
    Ok(segment)
}

fn refuse_malformed(segment: &str) -> Result<()> {
    if matches!(segment, "current" | "previous") || rules::is_uuid(segment) {
        return Ok(());
    }
    Err(Refusal::path("id", SEGMENT_RULE))
}

/// The version of that id or alias.
pub fn position<'a>(secret: &'a Secret, segment: &str) -> Result<(usize, &'a Version)> {
    let position = secret.position(segment);
    position
        .and_then(|position| Some((position, secret.versions.get(position)?)))
        .ok_or_else(|| Refusal::not_found("Version", segment))
}
