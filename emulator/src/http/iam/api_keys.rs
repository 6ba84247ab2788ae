//! API keys (ibm-api.md 3.2).

use crate::http::fields::Rule;
use crate::http::fields::{Fields, text};
use crate::http::iam::{OPERATE, READ, entity_tag, header_flag, own_account, require_tag};
use crate::http::operation::{Answer, Handler, IamCall, Operation, Reply};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::tokens_page::TokenPage;
use crate::iam::access::Service;
use crate::iam::{NewApiKey, no_entity, refuse_locked};
use crate::model::IamLockReply;
use crate::model::iam::ApiKey;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

/// A value of the caller's own.
const OWN_VALUE: Rule =
    Rule { holds: |text| text.chars().count() >= 32, says: "must have at least 32 characters" };
/// What happens to a leaked key.
const WHEN_LEAKED: Rule = Rule {
    holds: |text| matches!(text, "none" | "disable" | "delete"),
    says: "must be none, disable or delete",
};

/// The operations.
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
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |iam, step| lock(iam, step, true)),
    },
    Operation {
        name: "unlock_api_key",
        method: Method::DELETE,
        path: "/v1/apikeys/{id}/lock",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |iam, step| lock(iam, step, false)),
    },
    Operation {
        name: "disable_api_key",
        method: Method::POST,
        path: "/v1/apikeys/{id}/disable",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |iam, step| disable(iam, step, true)),
    },
    Operation {
        name: "enable_api_key",
        method: Method::DELETE,
        path: "/v1/apikeys/{id}/disable",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |iam, step| disable(iam, step, false)),
    },
];

/// The fields of a new key, in a body of its own or in a service ID's.
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

    /// A key of that identity.
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
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    iam_id: &'a str,
    account_id: &'a str,
    /// Empty unless it is new or stored: the SDK's model requires the field.
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
            expires_at: key.expires_at,
            description: key.description.as_deref(),
            iam_id: &key.iam_id,
            account_id: &key.account_id,
            apikey: if key.store_value { key.apikey.expose() } else { "" },
        }
    }
}

/// The body of a key just made: it carries the value.
pub fn body_with_value(key: &ApiKey) -> Result<Value> {
    let body = Body { apikey: key.apikey.expose(), ..Body::of(key) };
    serde_json::to_value(body).map_err(|error| Refusal::new(Kind::Internal, error.to_string()))
}

fn create(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let mut fields = Fields::json(iam.call)?;
    let key = KeyFields::take(&mut fields)?;
    let iam_id = fields.required_text("iam_id", rules::NOT_EMPTY)?;
    let account_id = fields.text("account_id", rules::NOT_EMPTY)?;
    let support_sessions = fields.flag("support_sessions")?;
    fields.finish()?;
    let account_id = account_id.unwrap_or_else(|| iam.caller.account.bss.clone());
    own_account(iam, &account_id)?;
    if step.state.iam.account_of(&iam_id) != Some(account_id.as_str()) {
        return Err(Refusal::field("iam_id", "is not an identity of the account"));
    }
    let is_user = step.state.iam.users.get(&iam_id).is_some();
    if is_user && iam_id != iam.caller.iam_id {
        return Err(Refusal::field("iam_id", "does not match the user of the token"));
    }
    if is_user && key.store_value {
        return Err(Refusal::field("store_value", "is not for keys of users"));
    }
    if !is_user && support_sessions == Some(true) {
        return Err(Refusal::field("support_sessions", "is for keys of users only"));
    }
    let new = NewApiKey {
        locked: header_flag(iam.call, "entity-lock")?,
        disabled: header_flag(iam.call, "entity-disable")?,
        ..key.of_identity(iam_id, account_id, iam.caller.iam_id.clone())
    };
    let key = step.state.iam.create_api_key(new, step.ids, step.now)?;
    Ok(Reply::json(201, body_with_value(&key)?)?.with_header("etag", tag(&key)))
}

fn list(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    let page = TokenPage::of(&mut query)?;
    let account_id = query.text("account_id");
    let iam_id = query.text("iam_id");
    let scope = query.word("scope", &["entity", "account"])?;
    let key_type = query.word("type", &["user", "serviceid"])?;
    let sort = query.word("sort", &["name", "description", "created_at", "created_by"])?;
    let order = query.word("order", &["asc", "desc"])?;
    query.flag("include_history")?;
    query.finish()?;
    let account_id = page.account(account_id)?;
    own_account(iam, &account_id)?;
    // Without an identity, the keys of the caller; with scope `account`, of all identities.
    let owner = match (iam_id, scope) {
        (Some(iam_id), _) => Some(iam_id),
        (None, Some("account")) => None,
        (None, _) => Some(iam.caller.iam_id.clone()),
    };
    let mut found: Vec<&ApiKey> = step
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
    Reply::json(200, page.page(iam.call, "apikeys", &found, &account_id, |key| Body::of(key)))
}

fn details(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    query.flag("include_history")?;
    query.finish()?;
    let value = iam
        .call
        .header("iam-apikey")
        .ok_or_else(|| Refusal::new(Kind::Invalid, "Header 'IAM-ApiKey' is required."))?;
    let key = step
        .state
        .iam
        .api_keys
        .values()
        .find(|key| key.apikey.expose() == value && key.account_id == iam.caller.account.bss)
        .ok_or_else(|| Refusal::new(Kind::NotFound, "Unable to find object of this API key"))?;
    Reply::json(200, Body::of(key))
}

fn get(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    query.flag("include_history")?;
    query.flag("include_activity")?;
    query.finish()?;
    let key = find(step, iam)?;
    Ok(Reply::json(200, Body::of(&key))?.with_header("etag", tag(&key)))
}

fn update(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let mut key = find(step, iam)?;
    require_tag(iam.call, &tag(&key))?;
    refuse_locked(key.locked)?;
    let mut fields = Fields::json(iam.call)?;
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
        return Err(Refusal::field("support_sessions", "is for keys of users only"));
    }
    fields.finish()?;
    touch(&mut key, step.now);
    let reply = Reply::json(200, Body::of(&key))?.with_header("etag", tag(&key));
    step.state.iam.api_keys.insert(key);
    Ok(reply)
}

fn delete(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let key = find(step, iam)?;
    step.state.iam.delete_api_key(&key.id)?;
    Reply::empty(204)
}

fn lock(iam: &IamCall<'_>, step: &mut Step<'_>, locked: bool) -> Answer {
    Query::none(iam.call)?;
    let mut key = find(step, iam)?;
    if key.locked != locked {
        key.locked = locked;
        touch(&mut key, step.now);
        step.state.iam.api_keys.insert(key.clone());
    }
    match step.state.switches.iam_lock_reply {
        IamLockReply::Empty => Reply::empty(204),
        IamLockReply::Entity => Reply::json(200, Body::of(&key)),
    }
}

fn disable(iam: &IamCall<'_>, step: &mut Step<'_>, disabled: bool) -> Answer {
    Query::none(iam.call)?;
    let mut key = find(step, iam)?;
    refuse_locked(key.locked)?;
    if key.disabled != disabled {
        key.disabled = disabled;
        touch(&mut key, step.now);
        step.state.iam.api_keys.insert(key);
    }
    Reply::empty(204)
}

fn find(step: &Step<'_>, iam: &IamCall<'_>) -> Result<ApiKey> {
    let id = iam.call.param("id");
    step.state
        .iam
        .api_keys
        .get(id)
        .filter(|found| found.account_id == iam.caller.account.bss)
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
        Refusal::field("expires_at", "must be a date-time such as 2027-01-31T18:30+0000")
    })
}
