//! Groups of service IDs (ibm-api.md 3.1).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::Fields;
use crate::http::iam::shared::{OPERATE, READ, entity_tag, own_account, require_tag};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::rules;
use crate::iam::access::Service;
use crate::iam::entities::no_entity;
use crate::model::iam::ServiceIdGroup;
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Value, json};

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_service_id_group",
        method: Method::POST,
        path: "/v1/serviceid_groups",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, create),
    },
    Operation {
        name: "list_service_id_groups",
        method: Method::GET,
        path: "/v1/serviceid_groups",
        handler: Handler::Iam(Service::IamIdentity, READ, list),
    },
    Operation {
        name: "get_service_id_group",
        method: Method::GET,
        path: "/v1/serviceid_groups/{id}",
        handler: Handler::Iam(Service::IamIdentity, READ, get),
    },
    Operation {
        name: "update_service_id_group",
        method: Method::PUT,
        path: "/v1/serviceid_groups/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, update),
    },
    Operation {
        name: "delete_service_id_group",
        method: Method::DELETE,
        path: "/v1/serviceid_groups/{id}",
        handler: Handler::Iam(Service::IamIdentity, OPERATE, delete),
    },
];

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut fields = Fields::json(call.request)?;
    let account_id = fields.required_text("account_id", rules::NOT_EMPTY)?;
    let name = fields.required_text("name", rules::NOT_EMPTY)?;
    let description = fields.text("description", rules::ANY)?;
    fields.finish()?;
    own_account(call, &account_id)?;
    refuse_taken(tx, &account_id, &name, "")?;
    let total = of_account(tx, &account_id).count();
    if total >= tx.state.iam.limits(&account_id).serviceid_groups {
        return Err(ApiError::new(
            ErrorKind::Limit,
            "The limit of groups of service IDs in the account is reached.",
        ));
    }
    let group = ServiceIdGroup {
        id: tx.ids.uuid(),
        account_id,
        name,
        description,
        revision: 1,
        created_at: tx.now,
        created_by: call.caller.iam_id.clone(),
        modified_at: tx.now,
    };
    let response = response(201, &group);
    tx.state.iam.service_id_groups.insert(group);
    response
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let account_id = query.text("account_id");
    query.finish()?;
    let account_id = account_id.unwrap_or_else(|| call.caller.account.bss.clone());
    own_account(call, &account_id)?;
    let groups: Vec<_> = of_account(tx, &account_id).map(body).collect();
    ApiResponse::json(200, json!({ "serviceid_groups": groups }))
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    response(200, &find(call, tx)?)
}

fn update(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut group = find(call, tx)?;
    require_tag(call.request, &tag(&group))?;
    let mut fields = Fields::json(call.request)?;
    group.name = fields.required_text("name", rules::NOT_EMPTY)?;
    if let Some(description) = fields.text("description", rules::ANY)? {
        group.description = Some(description).filter(|text| !text.is_empty());
    }
    fields.finish()?;
    refuse_taken(tx, &group.account_id, &group.name, &group.id)?;
    group.revision = group.revision.saturating_add(1);
    group.modified_at = tx.now;
    let response = response(200, &group);
    tx.state.iam.service_id_groups.insert(group);
    response
}

/// Only an empty group can be deleted: its service IDs would be in none.
fn delete(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = find(call, tx)?;
    if tx.state.iam.in_group(&group.account_id, Some(&group.id)).next().is_some() {
        return Err(ApiError::new(
            ErrorKind::DeleteNotPossible,
            "The group has service IDs and can't be deleted.",
        ));
    }
    tx.state.iam.service_id_groups.remove(&group.id);
    ApiResponse::empty(204)
}

fn of_account<'a>(
    tx: &'a Transaction<'_>,
    account_id: &'a str,
) -> impl Iterator<Item = &'a ServiceIdGroup> {
    tx.state.iam.service_id_groups.values().filter(move |group| group.account_id == account_id)
}

fn find(call: &IamCall<'_>, tx: &Transaction<'_>) -> Result<ServiceIdGroup> {
    named(call, tx, call.request.param("id"))
}

/// The group with that id, which must be in the caller's account.
pub fn named(call: &IamCall<'_>, tx: &Transaction<'_>, id: &str) -> Result<ServiceIdGroup> {
    tx.state
        .iam
        .service_id_groups
        .get(id)
        .filter(|group| group.account_id == call.caller.account.bss)
        .cloned()
        .ok_or_else(|| no_entity(id))
}

fn refuse_taken(tx: &Transaction<'_>, account_id: &str, name: &str, own_id: &str) -> Result<()> {
    if of_account(tx, account_id).any(|group| group.name == name && group.id != own_id) {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "A group of service IDs with this name exists already.",
        ));
    }
    Ok(())
}

fn tag(group: &ServiceIdGroup) -> String {
    entity_tag(group.revision, &group.id)
}

fn response(status: u16, group: &ServiceIdGroup) -> Result<ApiResponse> {
    Ok(ApiResponse::json(status, body(group))?.with_header("etag", tag(group)))
}

fn body(group: &ServiceIdGroup) -> Value {
    let crn = format!(
        "crn:v1:bluemix:public:iam-identity::a/{}::serviceid_group:{}",
        group.account_id, group.id
    );
    let mut body = json!({
        "id": group.id,
        "entity_tag": tag(group),
        "account_id": group.account_id,
        "crn": crn,
        "name": group.name,
        "created_at": group.created_at,
        "created_by": group.created_by,
        "modified_at": group.modified_at,
    });
    if let (Some(description), Some(fields)) = (&group.description, body.as_object_mut()) {
        fields.insert("description".to_owned(), json!(description));
    }
    body
}
