//! Configurations of the IAM credentials engine (ibm-api.md 2.8).

use crate::engine::authorization;
use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, Patch};
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::http::secrets_manager::shared::MANAGE;
use crate::iam::roles::Role;
use crate::model::secret::Kind;
use crate::model::secrets_manager::{
    Configuration, IAM_CREDENTIALS_CONFIGURATION as CONFIG_TYPE, within,
};
use crate::model::sensitive::Sensitive;
use crate::model::table::Row as _;
use crate::model::timestamp::Timestamp;
use crate::model::{ConfigurationReply, SecondEngine};
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;

/// Configuration types that the emulator does not support.
const OTHER_TYPES: &[&str] = &[
    "custom_credentials_configuration",
    "public_cert_configuration_ca_lets_encrypt",
    "public_cert_configuration_dns_cloud_internet_services",
    "public_cert_configuration_dns_classic_infrastructure",
    "private_cert_configuration_root_ca",
    "private_cert_configuration_intermediate_ca",
    "private_cert_configuration_template",
];
/// SecretsReader is missing on purpose (ibm-api.md 2.1, C2).
const LIST: &[Role] = &[Role::Reader, Role::Writer, Role::Manager];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_configuration",
        method: Method::POST,
        path: "/instances/{instance_id}/api/v2/configurations",
        handler: Handler::SecretsManager(MANAGE, create),
    },
    Operation {
        name: "list_configurations",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/configurations",
        handler: Handler::SecretsManager(LIST, list),
    },
    Operation {
        name: "get_configuration",
        method: Method::GET,
        path: "/instances/{instance_id}/api/v2/configurations/{name}",
        handler: Handler::SecretsManager(MANAGE, get),
    },
    Operation {
        name: "update_configuration",
        method: Method::PATCH,
        path: "/instances/{instance_id}/api/v2/configurations/{name}",
        handler: Handler::SecretsManager(MANAGE, update),
    },
    Operation {
        name: "delete_configuration",
        method: Method::DELETE,
        path: "/instances/{instance_id}/api/v2/configurations/{name}",
        handler: Handler::SecretsManager(MANAGE, delete),
    },
];

#[derive(Serialize)]
struct Body<'a> {
    config_type: &'a str,
    name: &'a str,
    secret_type: &'a str,
    created_by: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a Sensitive>,
}

impl<'a> Body<'a> {
    fn metadata(configuration: &'a Configuration) -> Self {
        Self {
            config_type: &configuration.config_type,
            name: &configuration.name,
            secret_type: secret_type(configuration),
            created_by: &configuration.created_by,
            created_at: configuration.created_at,
            updated_at: configuration.updated_at,
            disabled: configuration.disabled,
            api_key: None,
        }
    }

    fn with_key(configuration: &'a Configuration) -> Self {
        Self {
            api_key: Some(&configuration.api_key).filter(|_| configuration.is_engine()),
            ..Self::metadata(configuration)
        }
    }

    /// The response to a change: see [`ConfigurationReply`].
    fn changed(configuration: &'a Configuration, tx: &Transaction<'_>) -> Self {
        match tx.state.switches.configuration_reply {
            ConfigurationReply::WithKey => Self::with_key(configuration),
            ConfigurationReply::WithoutKey => Self::metadata(configuration),
        }
    }
}

fn create(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    call.permission.require_everywhere()?;
    let mut fields = Fields::json(call.request)?;
    let config_type = fields.required_text("config_type", rules::ANY)?;
    if config_type != CONFIG_TYPE {
        return Err(ApiError::field("config_type", unsupported(&config_type)));
    }
    let name = fields.required_text("name", rules::CONFIGURATION_NAME)?;
    let api_key = fields.required_text("api_key", rules::API_KEY)?;
    let disabled = fields.flag("disabled")?.unwrap_or(false);
    fields.finish()?;
    let existing = configurations(call, tx);
    if let Some(existing) = existing.iter().find(|existing| existing.is_engine()) {
        let kind = match tx.state.switches.second_engine {
            SecondEngine::BadRequest => ErrorKind::Invalid,
            SecondEngine::Conflict => ErrorKind::Conflict,
        };
        return Err(ApiError::new(
            kind,
            format!(
                "A configuration of this type already exists ('{}'): the instance has reached the maximum of 1.",
                existing.name
            ),
        ));
    }
    let session = authorization::exchange(tx, &api_key)?;
    let configuration = Configuration {
        instance_id: call.instance.id.clone(),
        config_type: CONFIG_TYPE.to_owned(),
        name,
        api_key: Sensitive::new(api_key),
        disabled,
        session: Some(session),
        created_by: call.caller.iam_id.clone(),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let response = ApiResponse::json(201, Body::changed(&configuration, tx));
    tx.state.secrets_manager.configurations.insert(configuration);
    response
}

fn list(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    call.permission.require_everywhere()?;
    let mut query = Query::of(call.request)?;
    let window = Window::of(&mut query, 1000, 1..=1000, 200)?;
    let sort = query.word(
        "sort",
        &["config_type", "-config_type", "secret_type", "-secret_type", "name", "-name"],
    )?;
    let search = query.search()?;
    let types = query.list("secret_types", 4, |item| {
        matches!(item, "iam_credentials" | "public_cert" | "private_cert" | "custom_credentials")
    })?;
    query.finish()?;
    let mut found: Vec<_> = configurations(call, tx)
        .into_iter()
        .filter(|configuration| {
            let texts = [
                configuration.name.as_str(),
                configuration.config_type.as_str(),
                secret_type(configuration),
            ];
            search.as_deref().is_none_or(|wanted| {
                let wanted = wanted.to_lowercase();
                texts.iter().any(|text| text.to_lowercase().contains(&wanted))
            })
        })
        .filter(|configuration| {
            types
                .as_ref()
                .is_none_or(|types| types.iter().any(|wanted| wanted == secret_type(configuration)))
        })
        .collect();
    let (field, descending) = match sort.and_then(|sort| sort.strip_prefix('-')) {
        Some(field) => (field, true),
        None => (sort.unwrap_or("name"), false),
    };
    found.sort_by(|a, b| match field {
        "config_type" => a.config_type.cmp(&b.config_type),
        "secret_type" => secret_type(a).cmp(secret_type(b)),
        _ => a.name.cmp(&b.name),
    });
    if descending {
        found.reverse();
    }
    ApiResponse::json(200, window.page(call.request, "configurations", &found, Body::metadata))
}

fn get(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    ApiResponse::json(200, Body::with_key(&named(call, tx)?))
}

fn update(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut configuration = named(call, tx)?;
    let mut fields = Fields::merge_patch(call.request)?;
    let api_key = fields.patch_text("api_key", rules::API_KEY)?;
    let disabled = fields.flag("disabled")?;
    fields.finish()?;
    match api_key {
        Patch::Keep => {}
        Patch::Remove => return Err(ApiError::field("api_key", "cannot be removed")),
        Patch::Set(key) => {
            configuration.session = Some(authorization::exchange(tx, &key)?);
            configuration.api_key = Sensitive::new(key);
        }
    }
    if let Some(disabled) = disabled {
        configuration.disabled = disabled;
    }
    configuration.updated_at = tx.now;
    let response = ApiResponse::json(200, Body::changed(&configuration, tx));
    tx.state.secrets_manager.configurations.insert(configuration);
    response
}

fn delete(call: &SecretsManagerCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let configuration = named(call, tx)?;
    let in_use = configuration.is_engine()
        && tx.state.secrets_manager.secrets.values().any(|secret| {
            secret.instance_id == call.instance.id && matches!(secret.kind, Kind::IamCredentials(_))
        });
    if in_use {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "The configuration is in use: delete the secrets of type iam_credentials first.",
        ));
    }
    let configurations = &mut tx.state.secrets_manager.configurations;
    configurations.remove(&configuration.key());
    ApiResponse::empty(204)
}

fn configurations(call: &SecretsManagerCall<'_>, tx: &Transaction<'_>) -> Vec<Configuration> {
    let all = &tx.state.secrets_manager.configurations;
    all.starting_with(&within(&call.instance.id, "")).cloned().collect()
}

/// The configuration with the path's name, if it has the type that the header asks for.
fn named(call: &SecretsManagerCall<'_>, tx: &Transaction<'_>) -> Result<Configuration> {
    call.permission.require_everywhere()?;
    let name = call.request.param("name");
    let wanted = call.request.header("x-sm-accept-configuration-type");
    if let Some(wanted) = wanted
        && wanted != CONFIG_TYPE
        && !OTHER_TYPES.contains(&wanted)
    {
        return Err(ApiError::new(
            ErrorKind::Invalid,
            "Invalid header 'X-Sm-Accept-Configuration-Type': not a configuration type.",
        ));
    }
    let mut found = configurations(call, tx);
    found.retain(|configuration| {
        configuration.name == name
            && wanted.is_none_or(|wanted| wanted == configuration.config_type)
    });
    match found.len() {
        0 | 1 => found.pop().ok_or_else(|| ApiError::not_found("Configuration", name)),
        _ => Err(ApiError::new(
            ErrorKind::Ambiguous,
            format!(
                "Several configurations are called '{name}': say which with X-Sm-Accept-Configuration-Type."
            ),
        )),
    }
}

/// The secret type of the configuration's engine.
fn secret_type(configuration: &Configuration) -> &str {
    let config_type = &configuration.config_type;
    config_type.find("_configuration").and_then(|end| config_type.get(..end)).unwrap_or(config_type)
}

fn unsupported(config_type: &str) -> &'static str {
    if OTHER_TYPES.contains(&config_type) {
        "this emulator has configurations of type iam_credentials_configuration only"
    } else {
        "is not a configuration type"
    }
}
