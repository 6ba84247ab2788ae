//! The control plane: where an instance is reached (ibm-api.md 1.1).

use crate::error::Result;
use crate::http::address;
use crate::http::operation::{ApiResponse, Handler, Operation, SecretsManagerCall};
use crate::http::query::Query;
use crate::http::secrets_manager::shared::ALL;
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::json;

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[Operation {
    name: "get_endpoints",
    method: Method::GET,
    path: "/api/v1/instances/{crn}/endpoints",
    handler: Handler::SecretsManager(ALL, get),
}];

fn get(call: &SecretsManagerCall<'_>, _: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let instance = &call.instance;
    let own = format!("{}/instances/{}", call.request.base, instance.id);
    let by_name = |middle: &str| {
        let region = &instance.region;
        format!("https://{}.{middle}{region}.secrets-manager.appdomain.cloud", instance.id)
    };
    // A client that came by IBM's name finds the instance by its name too.
    let (public, private) = match address::ibm_host(&call.request.host) {
        None => (own.clone(), own),
        Some(_) => (by_name(""), by_name("private.")),
    };
    let of = |base: String| json!({ "service_api": format!("{base}/api"), "vault_api": base });
    let body = json!({
        "plan": "standard",
        "public_endpoints": of(public),
        "private_endpoints": of(private),
        "encryption": { "mode": "service_managed" },
    });
    ApiResponse::json(200, body)
}
