//! Service IDs (ibm-api.md 3.1).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, text};
use crate::http::filter::Filter;
use crate::http::iam::api_keys::{self, KeyFields};
use crate::http::iam::service_id_groups;
use crate::http::iam::shared::{OPERATE, READ, entity_tag, header_flag, own_account, require_tag};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::rules;
use crate::http::token_page::TokenPage;
use crate::iam::access::{self, Service};
use crate::iam::entities::{NewServiceId, no_entity, refuse_locked};
use crate::iam::roles::Role;
use crate::model::IamLockReply;
use crate::model::iam::ServiceId;
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

/// What a filter of the list can be on.
const FILTERED: &[&str] =
    &["id", "iam_id", "name", "description", "created_at", "modified_at", "locked"];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_service_id",
        method: Method::POST,
        path: "/v1/serviceids",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, create),
    },
    Operation {
        name: "list_service_ids",
        method: Method::GET,
        path: "/v1/serviceids",
        handler: Handler::Iam(Service::IamIdentity, READ, list),
    },
    Operation {
        name: "get_service_id",
        method: Method::GET,
        path: "/v1/serviceids/{id}",
        handler: Handler::Iam(Service::IamIdentity, READ, get),
    },
    Operation {
        name: "update_service_id",
        method: Method::PUT,
        path: "/v1/serviceids/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, update),
    },
    Operation {
        name: "delete_service_id",
        method: Method::DELETE,
        path: "/v1/serviceids/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, delete),
    },
    Operation {
        name: "lock_service_id",
        method: Method::POST,
        path: "/v1/serviceids/{id}/lock",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| lock(call, tx, true)),
    },
    Operation {
        name: "unlock_service_id",
        method: Method::DELETE,
        path: "/v1/serviceids/{id}/lock",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, |call, tx| lock(call, tx, false)),
    },
];

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    iam_id: String,
    entity_tag: String,
    crn: String,
    locked: bool,
    created_at: Timestamp,
    modified_at: Timestamp,
    account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    unique_instance_crns: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    apikey: Option<Value>,
}

impl<'a> Body<'a> {
    fn of(service_id: &'a ServiceId, show_group_id: bool) -> Self {
        Self {
            id: &service_id.id,
            iam_id: service_id.iam_id(),
            entity_tag: entity_tag(service_id.revision, &service_id.id),
            crn: format!(
                "crn:v1:bluemix:public:iam-identity::a/{}::serviceid:{}",
                service_id.account_id, service_id.id
            ),
            locked: service_id.locked,
            created_at: service_id.created_at,
            modified_at: service_id.modified_at,
            account_id: &service_id.account_id,
            group_id: service_id.group_id.as_deref().filter(|_| show_group_id),
            name: &service_id.name,
            description: service_id.description.as_deref(),
            unique_instance_crns: &service_id.unique_instance_crns,
            apikey: None,
        }
    }
}

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let show_group_id = query.flag("show_group_id")?;
    query.finish()?;
    let mut fields = Fields::json(call.request)?;
    let account_id = fields.required_text("account_id", rules::NOT_EMPTY)?;
    own_account(call, &account_id)?;
    let name = fields.required_text("name", rules::NOT_EMPTY)?;
    let group_id = fields.text("group_id", rules::NOT_EMPTY)?;
    let description = fields.text("description", rules::ANY)?;
    let unique_instance_crns =
        fields.texts("unique_instance_crns", rules::ANY, 0..=100)?.unwrap_or_default();
    let key = match fields.value("apikey") {
        None => None,
        Some(value) => {
            let mut nested = Fields::nested("apikey", value)?;
            let key = KeyFields::take(&mut nested)?;
            nested.finish()?;
            Some(key)
        }
    };
    fields.finish()?;
    require_creator(call, tx, &account_id)?;
    if let Some(group_id) = &group_id {
        service_id_groups::named(call, tx, group_id)?;
    }
    let new = NewServiceId {
        account_id: account_id.clone(),
        group_id,
        name,
        description,
        unique_instance_crns,
        locked: header_flag(call.request, "entity-lock")?,
    };
    let id = tx.state.iam.create_service_id(new, tx.ids, tx.now)?;
    let key = match key {
        None => None,
        Some(key) => {
            let new = key.of_identity(format!("iam-{id}"), account_id, call.caller.iam_id.clone());
            let key = tx.state.iam.create_api_key(new, tx.ids, tx.now)?;
            Some(api_keys::body_with_value(&key)?)
        }
    };
    let service_id = find(tx, call, &id)?;
    let body = Body { apikey: key, ..Body::of(&service_id, show_group_id) };
    let tag = body.entity_tag.clone();
    Ok(ApiResponse::json(201, body)?.with_header("etag", tag))
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let page = TokenPage::of(&mut query)?;
    let account_id = query.required_text("account_id")?;
    let name = query.text("name");
    let group_id = query.text("group_id");
    let filter = query.text("filter").map(|text| Filter::parse(&text, FILTERED)).transpose()?;
    let sort = query.word("sort", &["name", "description", "created_at", "modified_at"])?;
    let order = query.word("order", &["asc", "desc"])?;
    query.flag("include_history")?;
    let show_group_id = query.flag("show_group_id")?;
    query.finish()?;
    own_account(call, &account_id)?;
    let mut found: Vec<&ServiceId> = tx
        .state
        .iam
        .in_group(&account_id, group_id.as_deref())
        .filter(|id| name.as_ref().is_none_or(|name| *name == id.name))
        .filter(|id| filter.as_ref().is_none_or(|it| it.accepts(&|name| attribute(id, name))))
        .collect();
    found.sort_by(|a, b| match sort {
        Some("name") => a.name.cmp(&b.name),
        Some("description") => a.description.cmp(&b.description),
        Some("modified_at") => a.modified_at.cmp(&b.modified_at),
        _ => a.created_at.cmp(&b.created_at),
    });
    if order == Some("desc") {
        found.reverse();
    }
    ApiResponse::json(
        200,
        page.page(call.request, "serviceids", &found, |id| Body::of(id, show_group_id)),
    )
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("include_history")?;
    query.flag("include_activity")?;
    let show_group_id = query.flag("show_group_id")?;
    query.finish()?;
    let service_id = find(tx, call, call.request.param("id"))?;
    let body = Body::of(&service_id, show_group_id);
    let tag = body.entity_tag.clone();
    Ok(ApiResponse::json(200, body)?.with_header("etag", tag))
}

fn update(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let show_group_id = query.flag("show_group_id")?;
    query.finish()?;
    let mut service_id = find(tx, call, call.request.param("id"))?;
    require_tag(call.request, &entity_tag(service_id.revision, &service_id.id))?;
    refuse_locked(service_id.locked)?;
    let mut fields = Fields::json(call.request)?;
    if let Some(name) = fields.value("name") {
        service_id.name = text("name", name, rules::NOT_EMPTY)?;
    }
    if let Some(description) = fields.text("description", rules::ANY)? {
        service_id.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(crns) = fields.texts("unique_instance_crns", rules::ANY, 0..=100)? {
        service_id.unique_instance_crns = crns;
    }
    fields.finish()?;
    service_id.revision = service_id.revision.saturating_add(1);
    service_id.modified_at = tx.now;
    let response = ApiResponse::json(200, Body::of(&service_id, show_group_id));
    tx.state.iam.service_ids.insert(service_id);
    response
}

fn delete(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let service_id = find(tx, call, call.request.param("id"))?;
    if tx.state.iam.keys_of(&service_id.iam_id()).any(|key| key.locked) && !service_id.locked {
        return Err(ApiError::new(
            ErrorKind::DeleteNotPossible,
            "The service ID has locked API keys and can't be deleted.",
        ));
    }
    tx.state.iam.delete_service_id(&service_id.id)?;
    ApiResponse::empty(204)
}

fn lock(call: &IamCall<'_>, tx: &mut Transaction<'_>, locked: bool) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut service_id = find(tx, call, call.request.param("id"))?;
    if service_id.locked != locked {
        service_id.locked = locked;
        service_id.revision = service_id.revision.saturating_add(1);
        service_id.modified_at = tx.now;
        tx.state.iam.service_ids.insert(service_id.clone());
    }
    match tx.state.switches.iam_lock_reply {
        IamLockReply::Empty => ApiResponse::empty(204),
        IamLockReply::Entity => ApiResponse::json(200, Body::of(&service_id, false)),
    }
}

/// What a filter compares.
fn attribute(service_id: &ServiceId, name: &str) -> Option<String> {
    match name {
        "id" => Some(service_id.id.clone()),
        "iam_id" => Some(service_id.iam_id()),
        "name" => Some(service_id.name.clone()),
        "description" => service_id.description.clone(),
        "created_at" => Some(service_id.created_at.to_string()),
        "modified_at" => Some(service_id.modified_at.to_string()),
        "locked" => Some(service_id.locked.to_string()),
        _ => None,
    }
}

/// If the account restricts who creates service IDs, not even its administrators can without the
/// creator role.
fn require_creator(call: &IamCall<'_>, tx: &Transaction<'_>, account_id: &str) -> Result<()> {
    let account = tx.state.iam.accounts.get(account_id);
    if !account.is_some_and(|account| account.restrict_create_service_id) {
        return Ok(());
    }
    let wanted = access::Requirement {
        account_id,
        service: Service::IamIdentity,
        instance: None,
        roles: &[Role::ServiceIdCreator],
    };
    access::permission(tx.state, &call.caller.iam_id, &wanted, tx.now).require_everywhere()
}

fn find(tx: &Transaction<'_>, call: &IamCall<'_>, id: &str) -> Result<ServiceId> {
    tx.state
        .iam
        .service_ids
        .get(id)
        .filter(|found| found.account_id == call.caller.account.bss)
        .cloned()
        .ok_or_else(|| no_entity(id))
}
