//! The roles that a policy can grant on a service.

use crate::error::Result;
use crate::http::iam::shared::{READ, own_account};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::iam::access::Service;
use crate::iam::roles::{Role, platform_roles, service_roles};
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Value, json};

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[Operation {
    name: "list_roles",
    method: Method::GET,
    path: "/v2/roles",
    handler: Handler::Iam(Service::IamAccessManagement, READ, list),
}];

fn list(call: &IamCall<'_>, _: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let account_id = query.text("account_id");
    let service_name = query.text("service_name");
    query.text("source_service_name");
    query.word("policy_type", &["access", "authorization"])?;
    query.text("service_group_id");
    query.finish()?;
    if let Some(account_id) = account_id {
        own_account(call, &account_id)?;
    }
    // Without a service, platform roles only: account management services have no others.
    let of_service = service_name.iter().flat_map(|name| service_roles(name)).map(written);
    let body = json!({
        "custom_roles": [],
        "service_roles": of_service.collect::<Vec<_>>(),
        "system_roles": platform_roles().map(written).collect::<Vec<_>>(),
    });
    ApiResponse::json(200, body)
}

/// A role, without the actions that it allows, which are not emulated.
fn written(role: Role) -> Value {
    json!({
        "display_name": role.display_name(),
        "description": format!("The role {}", role.display_name()),
        "actions": [],
        "crn": role.crn(),
    })
}
