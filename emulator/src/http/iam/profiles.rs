//! Trusted profiles, read-only: members of access groups may be profiles.

use crate::error::Result;
use crate::http::filter::Filter;
use crate::http::iam::shared::{READ, entity_tag, own_account};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::token_page::TokenPage;
use crate::iam::access::Service;
use crate::iam::entities::no_entity;
use crate::model::iam::Profile;
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Value, json};

/// What a filter of the list can be on.
const FILTERED: &[&str] = &["id", "iam_id", "name"];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_profiles",
        method: Method::GET,
        path: "/v1/profiles",
        handler: Handler::Iam(Service::IamIdentity, READ, list),
    },
    Operation {
        name: "get_profile",
        method: Method::GET,
        path: "/v1/profiles/{id}",
        handler: Handler::Iam(Service::IamIdentity, READ, get),
    },
];

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let page = TokenPage::of(&mut query)?;
    let account_id = query.required_text("account_id")?;
    let name = query.text("name");
    let filter = query.text("filter").map(|text| Filter::parse(&text, FILTERED)).transpose()?;
    query.flag("include_history")?;
    query.finish()?;
    own_account(call, &account_id)?;
    let found: Vec<&Profile> = tx
        .state
        .iam
        .profiles
        .values()
        .filter(|profile| profile.account_id == account_id)
        .filter(|profile| name.as_ref().is_none_or(|name| *name == profile.name))
        .filter(|it| {
            filter.as_ref().is_none_or(|wanted| wanted.accepts(&|name| attribute(it, name)))
        })
        .collect();
    let page = page.page(call.request, "profiles", &found, |profile| body(profile));
    ApiResponse::json(200, page)
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("include_history")?;
    query.flag("include_activity")?;
    query.finish()?;
    let id = call.request.param("id");
    let found = tx.state.iam.profiles.get(id);
    let profile = found
        .filter(|profile| profile.account_id == call.caller.account.bss)
        .ok_or_else(|| no_entity(id))?;
    Ok(ApiResponse::json(200, body(profile))?.with_header("etag", entity_tag(1, &profile.id)))
}

/// What a filter compares.
fn attribute(profile: &Profile, name: &str) -> Option<String> {
    match name {
        "id" => Some(profile.id.clone()),
        "iam_id" => Some(profile.iam_id()),
        "name" => Some(profile.name.clone()),
        _ => None,
    }
}

fn body(profile: &Profile) -> Value {
    json!({
        "id": profile.id,
        "entity_tag": entity_tag(1, &profile.id),
        "crn": profile.crn(),
        "name": profile.name,
        "iam_id": profile.iam_id(),
        "account_id": profile.account_id,
    })
}
