//! Secrets (ibm-api.md 2.4): create, list, read, change, delete.

use crate::engine::{authority, credentials, versions};
use crate::http::fields::{Fields, Patch};
use crate::http::operation::{Answer, Handler, Operation, Reply, VaultCall};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::http::vault::bodies::SecretBody;
use crate::http::vault::settings::{self, Common};
use crate::http::vault::{ALL, MANAGE, READ_DATA, WRITE, groups, secret};
use crate::model::CustomMetadataPatch;
use crate::model::secret::{Kind, Metadata, Secret, Version};
use crate::model::sensitive::Sensitive;
use crate::refusal::{self, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use std::cmp::Ordering;

/// Secret types that IBM has and the emulator has not.
const OTHER_TYPES: &[&str] = &[
    "imported_cert",
    "kv",
    "private_cert",
    "public_cert",
    "service_credentials",
    "username_password",
    "custom_credentials",
];
/// Orders of S2.
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

/// The operations.
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

fn create(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut fields = Fields::json(vault.call)?;
    let secret_type = fields.required_text("secret_type", rules::ANY)?;
    let common = settings::common(&mut fields)?;
    let (kind, payload) = match secret_type.as_str() {
        "iam_credentials" => {
            let settings = settings::iam_credentials(&mut fields, &common.name, step.now)?;
            (Kind::IamCredentials(settings), None)
        }
        "arbitrary" => {
            let expiration_date = fields
                .text("expiration_date", rules::ANY)?
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Refusal::field("expiration_date", "must be an RFC 3339 date-time"))?;
            let payload = fields.required_text("payload", rules::NOT_EMPTY)?;
            (Kind::Arbitrary { expiration_date }, Some(Sensitive::new(payload)))
        }
        other if OTHER_TYPES.contains(&other) => {
            let rule = format!("'{other}' is not supported by this emulator");
            return Err(Refusal::field("secret_type", &rule));
        }
        _ => return Err(Refusal::field("secret_type", "is not a secret type")),
    };
    fields.finish()?;
    groups::find(step, &vault.instance, &common.secret_group_id)?;
    vault.grant.require(&common.secret_group_id)?;
    refuse_taken(step, vault, &kind, &common.name)?;
    if let Kind::IamCredentials(settings) = &kind {
        authority::authorize(step, &vault.instance, settings)?;
        credentials::check_source(&step.state.iam, &vault.instance, settings)?;
    }
    let secret = new_secret(step, vault, common, kind, payload);
    let reply =
        Reply::json(201, SecretBody::with_data(&secret, &vault.instance, step.state.switches));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

fn new_secret(
    step: &mut Step<'_>,
    vault: &VaultCall<'_>,
    common: Common,
    kind: Kind,
    payload: Option<Sensitive>,
) -> Secret {
    let version = Version {
        id: step.ids.uuid(),
        created_by: vault.caller.iam_id.clone(),
        created_at: step.now,
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
        id: step.ids.uuid(),
        instance_id: vault.instance.id.clone(),
        name: common.name,
        description: common.description,
        secret_group_id: common.secret_group_id,
        labels: common.labels,
        custom_metadata: common.custom_metadata,
        created_by: vault.caller.iam_id.clone(),
        created_at: step.now,
        updated_at: step.now,
        retrieved_at: None,
        kind,
        versions: vec![version],
    }
}

fn list(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(vault.call)?;
    let window = Window::of(&mut query, 10_000_000, 1..=1000, 200)?;
    let sort = query.word("sort", SORTS)?.unwrap_or("created_at");
    let search = query.search()?.map(|text| text.to_lowercase());
    let groups = query.list("groups", 201, rules::is_group_id)?;
    let types = query.list("secret_types", 9, |item| {
        matches!(item, "arbitrary" | "iam_credentials") || OTHER_TYPES.contains(&item)
    })?;
    let labels = query.list("match_all_labels", 30, |item| (rules::LABEL.holds)(item))?;
    query.finish()?;
    let contains = |wanted: &Option<Vec<String>>, item: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| wanted == item))
    };
    let mut found: Vec<&Secret> = step
        .state
        .secrets_manager
        .secrets
        .values()
        .filter(|secret| {
            secret.instance_id == vault.instance.id
                && vault.grant.covers(&secret.secret_group_id)
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
    let page = window.page(vault.call, "secrets", &found, |secret| {
        SecretBody::metadata(secret, &vault.instance, step.state.switches)
    });
    Reply::json(200, page)
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
    let lease_end = |secret: &Secret| secret.current().and_then(|current| current.expiration_date);
    match field {
        "id" => a.id.cmp(&b.id),
        "name" => a.name.cmp(&b.name),
        "secret_type" => a.kind.secret_type().cmp(b.kind.secret_type()),
        "updated_at" => a.updated_at.cmp(&b.updated_at),
        "retrieved_at" => a.retrieved_at.cmp(&b.retrieved_at),
        "expiration_date" => lease_end(a).cmp(&lease_end(b)),
        _ => a.created_at.cmp(&b.created_at),
    }
}

fn get(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let secret = secret(vault, step)?;
    read(vault, step, secret)
}

fn get_by_name(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let call = vault.call;
    let (group, secret_type, name) =
        (call.param("secret_group_name"), call.param("secret_type"), call.param("name"));
    let all_groups = groups::groups_of(step, &vault.instance);
    let group = all_groups
        .iter()
        .find(|candidate| candidate.name == group)
        .ok_or_else(|| Refusal::not_found("Secret group", group))?;
    vault.grant.require(&group.id)?;
    let secrets = &step.state.secrets_manager.secrets;
    let found = secrets
        .values()
        .find(|secret| {
            secret.instance_id == vault.instance.id
                && secret.secret_group_id == group.id
                && secret.kind.secret_type() == secret_type
                && secret.name == name
        })
        .cloned()
        .ok_or_else(|| Refusal::not_found("Secret", name))?;
    read(vault, step, found)
}

fn read(vault: &VaultCall<'_>, step: &mut Step<'_>, mut secret: Secret) -> Answer {
    versions::read(step, &vault.instance, &mut secret, &vault.caller.iam_id)?;
    let reply =
        Reply::json(200, SecretBody::with_data(&secret, &vault.instance, step.state.switches));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

fn metadata(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    Reply::json(
        200,
        SecretBody::metadata(&secret(vault, step)?, &vault.instance, step.state.switches),
    )
}

fn update(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(vault.call)?;
    let mut secret = secret(vault, step)?;
    let changes = settings::changes(Fields::merge_patch(vault.call)?)?;
    match changes.name {
        Patch::Keep => {}
        Patch::Remove => return Err(Refusal::field("name", "cannot be removed")),
        Patch::Set(name) => {
            if name != secret.name {
                refuse_taken(step, vault, &secret.kind, &name)?;
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
        Patch::Set(patch) => match step.state.switches.custom_metadata_patch {
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
            settings::apply(settings, changes.ttl, changes.rotation, lease_end, base, step.now)?;
        }
        Kind::Arbitrary { .. } => {
            if changes.ttl != Patch::Keep || changes.rotation != Patch::Keep {
                return Err(Refusal::new(
                    refusal::Kind::UnknownField,
                    "Unknown field in body: an arbitrary secret has no ttl and no rotation.",
                ));
            }
        }
    }
    secret.updated_at = step.now;
    let reply =
        Reply::json(200, SecretBody::metadata(&secret, &vault.instance, step.state.switches));
    step.state.secrets_manager.secrets.insert(secret);
    reply
}

fn delete(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(vault.call)?;
    query.flag("force_delete")?;
    query.finish()?;
    let secret = secret(vault, step)?;
    versions::delete_all(step, &secret)?;
    step.state.secrets_manager.secrets.remove(&secret.id);
    Reply::empty(204)
}

/// No action exists for the types of secrets that are here (ibm-api.md 2.1, S8).
fn action(vault: &VaultCall<'_>, step: &mut Step<'_>) -> Answer {
    let secret = secret(vault, step)?;
    let mut fields = Fields::json(vault.call)?;
    let action_type = fields.required_text("action_type", rules::ANY)?;
    let rule =
        format!("'{action_type}' does not exist for secrets of type {}", secret.kind.secret_type());
    Err(Refusal::field("action_type", &rule))
}

fn refuse_taken(step: &Step<'_>, vault: &VaultCall<'_>, kind: &Kind, name: &str) -> Result<()> {
    let taken = step.state.secrets_manager.secrets.values().any(|secret| {
        secret.instance_id == vault.instance.id
            && secret.kind.secret_type() == kind.secret_type()
            && secret.name == name
    });
    if taken {
        return Err(Refusal::new(
            refusal::Kind::Conflict,
            format!(
                "A secret of type {} with the name '{name}' already exists.",
                kind.secret_type()
            ),
        ));
    }
    Ok(())
}
