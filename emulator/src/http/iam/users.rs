//! The users of an account, read-only: Terraform resolves email addresses to IAM ids with them.

use crate::error::Result;
use crate::http::iam::shared::{READ, own_account};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::iam::access::Service;
use crate::model::iam::User;
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Value, json};

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[Operation {
    name: "list_users",
    method: Method::GET,
    path: "/v2/accounts/{account_id}/users",
    handler: Handler::Iam(Service::UserManagement, READ, list),
}];

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let account_id = call.request.param("account_id");
    own_account(call, account_id)?;
    let users = tx.state.iam.users.values().filter(|user| user.account_id == account_id);
    let users: Vec<_> = users.map(body).collect();
    let total = users.len();
    ApiResponse::json(200, json!({ "total_results": total, "limit": 100, "resources": users }))
}

fn body(user: &User) -> Value {
    let (first, last) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    json!({
        "id": user.iam_id,
        "iam_id": user.iam_id,
        "realm": "IBMid",
        "user_id": user.email,
        "firstname": first,
        "lastname": last,
        "state": "ACTIVE",
        "email": user.email,
        "account_id": user.account_id,
    })
}
