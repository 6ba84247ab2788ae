//! API keys (ibm-api.md 3.2).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::Rule;
use crate::http::fields::{Fields, text};
use crate::http::filter::Filter;
use crate::http::iam::shared::{OPERATE, READ, entity_tag, header_flag, own_account, require_tag};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::token_page::TokenPage;
use crate::iam::access::Service;
use crate::iam::entities::{NewApiKey, no_entity, refuse_locked};
use crate::model::IamLockReply;
use crate::model::iam::ApiKey;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

/// A value chosen by the caller.
const OWN_VALUE: Rule = Rule {
    is_valid: |text| text.chars().count() >= 32,
    message: "must have at least 32 characters",
};
/// What IBM does with a leaked key.
const WHEN_LEAKED: Rule = Rule {
    is_valid: |text| matches!(text, "none" | "disable" | "delete"),
    message: "must be none, disable or delete",
};

/// What a filter of the list can be on.
const FILTERED: &[&str] = &[
    "id",
    "iam_id",
    "name",
    "description",
    "created_at",
    "created_by",
    "modified_at",
    "expires_at",
    "locked",
    "disabled",
];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_api_key",
        method: Method::POST,
        path: "/v1/apikeys",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, create),
    },
    Operation {
        name: "list_api_keys",
        method: Method::GET,
        path: "/v1/apikeys",
        handler: Handler::Iam(Service::IamIdentity, READ, list),
    },
    Operation {
        name: "get_api_keys_details",
        method: Method::GET,
        path: "/v1/apikeys/details",
        handler: Handler::Iam(Service::IamIdentity, READ, details),
    },
    Operation {
        name: "get_api_key",
        method: Method::GET,
        path: "/v1/apikeys/{id}",
        handler: Handler::Iam(Service::IamIdentity, READ, get),
    },
    Operation {
        name: "update_api_key",
        method: Method::PUT,
        path: "/v1/apikeys/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, update),
    },
    Operation {
        name: "delete_api_key",
        method: Method::DELETE,
        path: "/v1/apikeys/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, delete),
    },
    Operation {
        name: "lock_api_key",
        method: Method::POST,
        path: "/v1/apikeys/{id}/lock",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| lock(call, tx, true)),
    },
    Operation {
        name: "unlock_api_key",
        method: Method::DELETE,
        path: "/v1/apikeys/{id}/lock",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| lock(call, tx, false)),
    },
    Operation {
        name: "disable_api_key",
        method: Method::POST,
        path: "/v1/apikeys/{id}/disable",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| disable(call, tx, true)),
    },
    Operation {
        name: "enable_api_key",
        method: Method::DELETE,
        path: "/v1/apikeys/{id}/disable",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| disable(call, tx, false)),
    },
];

/// The fields of a new key, in its own body or nested in a service ID's.
pub struct KeyFields {
    name: String,
    description: Option<String>,
    value: Option<String>,
    store_value: bool,
    action_when_leaked: Option<String>,
    expires_at: Option<Timestamp>,
}

impl KeyFields {
    /// Takes them out of a body.
    pub fn take(fields: &mut Fields) -> Result<Self> {
        Ok(Self {
            name: fields.required_text("name", rules::NOT_EMPTY)?,
            description: fields.text("description", rules::ANY)?,
            value: fields.text("apikey", OWN_VALUE)?,
            store_value: fields.flag("store_value")?.unwrap_or(false),
            action_when_leaked: fields.text("action_when_leaked", WHEN_LEAKED)?,
            expires_at: expiry(fields)?,
        })
    }

    /// A new key of that identity.
    pub fn of_identity(self, iam_id: String, account_id: String, created_by: String) -> NewApiKey {
        NewApiKey {
            account_id,
            iam_id,
            name: self.name,
            description: self.description,
            value: self.value.map(Sensitive::new),
            store_value: self.store_value,
            action_when_leaked: self.action_when_leaked,
            expires_at: self.expires_at,
            locked: false,
            disabled: false,
            created_by,
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    entity_tag: String,
    crn: String,
    locked: bool,
    disabled: bool,
    created_at: Timestamp,
    created_by: &'a str,
    modified_at: Timestamp,
    name: &'a str,
    support_sessions: bool,
    action_when_leaked: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    iam_id: &'a str,
    account_id: &'a str,
    /// Empty unless the key is new or its value is stored: the SDK's model requires the field.
    apikey: &'a str,
}

impl<'a> Body<'a> {
    fn of(key: &'a ApiKey) -> Self {
        Self {
            id: &key.id,
            entity_tag: tag(key),
            crn: format!(
                "crn:v1:bluemix:public:iam-identity::a/{}::apikey:{}",
                key.account_id, key.id
            ),
            locked: key.locked,
            disabled: key.disabled,
            created_at: key.created_at,
            created_by: &key.created_by,
            modified_at: key.modified_at,
            name: &key.name,
            support_sessions: false,
            action_when_leaked: key.action_when_leaked.as_deref().unwrap_or("none"),
            expires_at: key.expires_at.map(to_the_minute),
            description: key.description.as_deref(),
            iam_id: &key.iam_id,
            account_id: &key.account_id,
            apikey: if key.store_value { key.apikey.expose() } else { "" },
        }
    }
}

/// The body of a new key, with its value.
pub fn body_with_value(key: &ApiKey) -> Result<Value> {
    let body = Body { apikey: key.apikey.expose(), ..Body::of(key) };
    serde_json::to_value(body)
        .map_err(|error| ApiError::new(ErrorKind::Internal, error.to_string()))
}

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut fields = Fields::json(call.request)?;
    let key = KeyFields::take(&mut fields)?;
    let iam_id = fields.required_text("iam_id", rules::NOT_EMPTY)?;
    let account_id = fields.text("account_id", rules::NOT_EMPTY)?;
    let support_sessions = fields.flag("support_sessions")?;
    fields.finish()?;
    let account_id = account_id.unwrap_or_else(|| call.caller.account.bss.clone());
    own_account(call, &account_id)?;
    if tx.state.iam.account_of(&iam_id) != Some(account_id.as_str()) {
        return Err(ApiError::field("iam_id", "is not an identity of the account"));
    }
    let is_user = tx.state.iam.users.get(&iam_id).is_some();
    if is_user && iam_id != call.caller.iam_id {
        return Err(ApiError::field("iam_id", "does not match the user of the token"));
    }
    if is_user && key.store_value {
        return Err(ApiError::field("store_value", "is not for keys of users"));
    }
    if !is_user && support_sessions == Some(true) {
        return Err(ApiError::field("support_sessions", "is for keys of users only"));
    }
    let new = NewApiKey {
        locked: header_flag(call.request, "entity-lock")?,
        disabled: header_flag(call.request, "entity-disable")?,
        ..key.of_identity(iam_id, account_id, call.caller.iam_id.clone())
    };
    let key = tx.state.iam.create_api_key(new, tx.ids, tx.now)?;
    Ok(ApiResponse::json(201, body_with_value(&key)?)?.with_header("etag", tag(&key)))
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let page = TokenPage::of(&mut query)?;
    let account_id = query.required_text("account_id")?;
    let iam_id = query.text("iam_id");
    let scope = query.word("scope", &["entity", "account"])?;
    let key_type = query.word("type", &["user", "serviceid"])?;
    let sort = query.word("sort", &["name", "description", "created_at", "created_by"])?;
    let order = query.word("order", &["asc", "desc"])?;
    let group_id = query.text("group_id");
    let filter = query.text("filter").map(|text| Filter::parse(&text, FILTERED)).transpose()?;
    query.flag("include_history")?;
    query.finish()?;
    own_account(call, &account_id)?;
    // Without an identity, the caller's keys; with scope `account`, those of all identities.
    let owner = match (iam_id, scope) {
        (Some(iam_id), _) => Some(iam_id),
        (None, Some("account")) => None,
        (None, _) => Some(call.caller.iam_id.clone()),
    };
    let mut found: Vec<&ApiKey> = tx
        .state
        .iam
        .api_keys
        .values()
        .filter(|key| key.account_id == account_id)
        .filter(|key| owner.as_ref().is_none_or(|owner| *owner == key.iam_id))
        .filter(|key| {
            let of_service_id = key.iam_id.starts_with("iam-ServiceId-");
            key_type.is_none_or(|wanted| (wanted == "serviceid") == of_service_id)
        })
        .filter(|key| {
            // Keys of users and profiles are in the default group, whatever group is asked for.
            let id = key.iam_id.strip_prefix("iam-").unwrap_or_default();
            let owner = tx.state.iam.service_ids.get(id);
            owner.is_none_or(|owner| owner.group_id == group_id)
        })
        .filter(|key| filter.as_ref().is_none_or(|it| it.accepts(&|name| attribute(key, name))))
        .collect();
    found.sort_by(|a, b| match sort {
        Some("name") => a.name.cmp(&b.name),
        Some("description") => a.description.cmp(&b.description),
        Some("created_by") => a.created_by.cmp(&b.created_by),
        _ => a.created_at.cmp(&b.created_at),
    });
    if order == Some("desc") {
        found.reverse();
    }
    ApiResponse::json(200, page.page(call.request, "apikeys", &found, |key| Body::of(key)))
}

fn details(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("include_history")?;
    query.finish()?;
    let value = call
        .request
        .header("iam-apikey")
        .ok_or_else(|| ApiError::new(ErrorKind::Invalid, "Header 'IAM-ApiKey' is required."))?;
    let key = tx
        .state
        .iam
        .api_keys
        .values()
        .find(|key| key.apikey.expose() == value && key.account_id == call.caller.account.bss)
        .ok_or_else(|| {
            ApiError::new(ErrorKind::NotFound, "Unable to find object of this API key")
        })?;
    ApiResponse::json(200, Body::of(key))
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("include_history")?;
    query.flag("include_activity")?;
    query.finish()?;
    let key = find(tx, call)?;
    Ok(ApiResponse::json(200, Body::of(&key))?.with_header("etag", tag(&key)))
}

fn update(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut key = find(tx, call)?;
    require_tag(call.request, &tag(&key))?;
    refuse_locked(key.locked)?;
    let mut fields = Fields::json(call.request)?;
    if let Some(name) = fields.value("name") {
        key.name = text("name", name, rules::NOT_EMPTY)?;
    }
    if let Some(description) = fields.text("description", rules::ANY)? {
        key.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(action) = fields.text("action_when_leaked", WHEN_LEAKED)? {
        key.action_when_leaked = Some(action);
    }
    if fields.has("expires_at") {
        key.expires_at = expiry(&mut fields)?;
    }
    if fields.flag("support_sessions")? == Some(true) {
        return Err(ApiError::field("support_sessions", "is for keys of users only"));
    }
    fields.finish()?;
    touch(&mut key, tx.now);
    let response = ApiResponse::json(200, Body::of(&key))?.with_header("etag", tag(&key));
    tx.state.iam.api_keys.insert(key);
    Ok(response)
}

fn delete(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let key = find(tx, call)?;
    tx.state.iam.delete_api_key(&key.id)?;
    ApiResponse::empty(204)
}

fn lock(call: &IamCall<'_>, tx: &mut Transaction<'_>, locked: bool) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut key = find(tx, call)?;
    if key.locked != locked {
        key.locked = locked;
        touch(&mut key, tx.now);
        tx.state.iam.api_keys.insert(key.clone());
    }
    match tx.state.switches.iam_lock_reply {
        IamLockReply::Empty => ApiResponse::empty(204),
        IamLockReply::Entity => ApiResponse::json(200, Body::of(&key)),
    }
}

fn disable(call: &IamCall<'_>, tx: &mut Transaction<'_>, disabled: bool) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut key = find(tx, call)?;
    refuse_locked(key.locked)?;
    if key.disabled != disabled {
        key.disabled = disabled;
        touch(&mut key, tx.now);
        tx.state.iam.api_keys.insert(key);
    }
    ApiResponse::empty(204)
}

/// What a filter compares.
fn attribute(key: &ApiKey, name: &str) -> Option<String> {
    match name {
        "id" => Some(key.id.clone()),
        "iam_id" => Some(key.iam_id.clone()),
        "name" => Some(key.name.clone()),
        "description" => key.description.clone(),
        "created_at" => Some(key.created_at.to_string()),
        "created_by" => Some(key.created_by.clone()),
        "modified_at" => Some(key.modified_at.to_string()),
        "expires_at" => key.expires_at.map(to_the_minute),
        "locked" => Some(key.locked.to_string()),
        "disabled" => Some(key.disabled.to_string()),
        _ => None,
    }
}

fn find(tx: &Transaction<'_>, call: &IamCall<'_>) -> Result<ApiKey> {
    let id = call.request.param("id");
    tx.state
        .iam
        .api_keys
        .get(id)
        .filter(|found| found.account_id == call.caller.account.bss)
        .cloned()
        .ok_or_else(|| no_entity(id))
}

fn touch(key: &mut ApiKey, now: Timestamp) {
    key.revision = key.revision.saturating_add(1);
    key.modified_at = now;
}

fn tag(key: &ApiKey) -> String {
    entity_tag(key.revision, &key.id)
}

/// `yyyy-MM-ddTHH:mm+0000`: what the official provider's tests find again as they wrote it.
fn to_the_minute(at: Timestamp) -> String {
    let text = at.to_string();
    let minutes = text.strip_suffix('Z').and_then(|text| text.rsplit_once(':'));
    minutes.map_or(text.clone(), |(minutes, _)| format!("{minutes}+0000"))
}

/// `yyyy-MM-ddTHH:mm+0000`, with or without seconds, or RFC 3339. Empty means never.
fn expiry(fields: &mut Fields) -> Result<Option<Timestamp>> {
    let Some(given) = fields.text("expires_at", rules::ANY)? else {
        return Ok(None);
    };
    if given.is_empty() {
        return Ok(None);
    }
    let normal = match given.strip_suffix("+0000") {
        Some(local) if local.matches(':').count() == 1 => format!("{local}:00Z"),
        Some(local) => format!("{local}Z"),
        None => given,
    };
    normal.parse().map(Some).map_err(|_| {
        ApiError::field("expires_at", "must be a date-time such as 2027-01-31T18:30+0000")
    })
}
