//! Members of access groups (ibm-api.md 3.4), with a status per item in 207 responses.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::errors::{self, Family};
use crate::http::fields::{Fields, Rule, missing};
use crate::http::iam::access_groups::{account_only, find};
use crate::http::iam::shared::{LARGEST_OFFSET, READ, own_account};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::iam::access::Service;
use crate::iam::roles::Role;
use crate::model::iam::{Membership, membership_key};
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::{Value, json};

/// The most items in one request.
const ITEMS: usize = 50;
const CHANGE: &[Role] = &[Role::Editor, Role::Administrator, Role::MemberManage];
const TYPE: Rule = Rule {
    is_valid: |text| matches!(text, "user" | "service" | "profile"),
    message: "must be user, service or profile",
};

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "is_member_of_access_group",
        method: Method::HEAD,
        path: "/v2/groups/{id}/members/{iam_id}",
        handler: Handler::Iam(Service::IamGroups, READ, is_member),
    },
    Operation {
        name: "add_members_to_access_group",
        method: Method::PUT,
        path: "/v2/groups/{id}/members",
        handler: Handler::Iam(Service::IamGroups, CHANGE, add),
    },
    Operation {
        name: "list_access_group_members",
        method: Method::GET,
        path: "/v2/groups/{id}/members",
        handler: Handler::Iam(Service::IamGroups, READ, list),
    },
    Operation {
        name: "remove_member_from_access_group",
        method: Method::DELETE,
        path: "/v2/groups/{id}/members/{iam_id}",
        handler: Handler::Iam(Service::IamGroups, CHANGE, remove),
    },
    Operation {
        name: "remove_members_from_access_group",
        method: Method::POST,
        path: "/v2/groups/{id}/members/delete",
        handler: Handler::Iam(Service::IamGroups, CHANGE, remove_several),
    },
    Operation {
        name: "remove_member_from_all_access_groups",
        method: Method::DELETE,
        path: "/v2/groups/_allgroups/members/{iam_id}",
        handler: Handler::Iam(Service::IamGroups, CHANGE, remove_everywhere),
    },
    Operation {
        name: "add_member_to_multiple_access_groups",
        method: Method::PUT,
        path: "/v2/groups/_allgroups/members/{iam_id}",
        handler: Handler::Iam(Service::IamGroups, CHANGE, add_to_several),
    },
];

#[derive(Serialize)]
struct Member<'a> {
    iam_id: &'a str,
    #[serde(rename = "type")]
    member_type: &'a str,
    membership_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    href: String,
    created_at: Timestamp,
    created_by_id: &'a str,
}

fn is_member(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = find(tx, call)?;
    let key = membership_key(&group.id, call.request.param("iam_id"));
    match tx.state.iam.memberships.get(&key) {
        Some(_) => ApiResponse::empty(204),
        None => Err(not_member(call)),
    }
}

fn add(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = find(tx, call)?;
    let mut fields = Fields::json(call.request)?;
    let items = fields.value("members").ok_or_else(|| missing("members"))?;
    fields.finish()?;
    let Value::Array(items) = items else {
        return Err(ApiError::field("members", "must be a list"));
    };
    refuse_count("members", items.len())?;
    let mut wanted = Vec::with_capacity(items.len());
    for item in items {
        let mut item = Fields::nested("members", item)?;
        let iam_id = item.required_text("iam_id", rules::NOT_EMPTY)?;
        let member_type = item.required_text("type", TYPE)?;
        item.finish()?;
        wanted.push((iam_id, member_type));
    }
    let mut members = Vec::with_capacity(wanted.len());
    for (iam_id, member_type) in wanted {
        let outcome = add_one(call, tx, &group.id, &iam_id, &member_type);
        let mut item = json!({
            "iam_id": iam_id,
            "type": member_type,
            "created_at": tx.now,
            "created_by_id": call.caller.iam_id,
        });
        report(&mut item, call, outcome, 200);
        members.push(item);
    }
    ApiResponse::json(207, json!({ "members": members }))
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let membership_type = query.word("membership_type", &["static", "dynamic", "all"])?;
    let window = Window::of(&mut query, LARGEST_OFFSET, 0..=100, 50)?;
    let member_type = query.word("type", &["user", "service", "profile"])?;
    let verbose = query.flag("verbose")?;
    let sort = query.word("sort", &["id", "name", "email"])?;
    query.finish()?;
    if sort.is_some() && !verbose {
        return Err(ApiError::query("sort", "needs verbose"));
    }
    let group = find(tx, call)?;
    let prefix = membership_key(&group.id, "");
    let state = &tx.state.iam;
    let name_of = |iam_id: &str| {
        let id = iam_id.strip_prefix("iam-")?;
        state.service_ids.get(id).map(|found| found.name.as_str())
    };
    let mut found: Vec<&Membership> = state
        .memberships
        .starting_with(&prefix)
        .filter(|member| member_type.is_none_or(|wanted| wanted == member.member_type))
        .filter(|_| membership_type != Some("dynamic"))
        .collect();
    if sort == Some("name") {
        found.sort_by_key(|member| name_of(&member.iam_id));
    }
    let page = window.page(call.request, "members", &found, |member| Member {
        iam_id: &member.iam_id,
        member_type: &member.member_type,
        membership_type: "static",
        name: name_of(&member.iam_id).filter(|_| verbose),
        href: format!("{}/v2/groups/{}/members/{}", call.request.base, group.id, member.iam_id),
        created_at: member.created_at,
        created_by_id: &member.created_by_id,
    });
    ApiResponse::json(200, page)
}

fn remove(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = find(tx, call)?;
    let key = membership_key(&group.id, call.request.param("iam_id"));
    match tx.state.iam.memberships.remove(&key) {
        Some(_) => ApiResponse::empty(204),
        None => Err(not_member(call)),
    }
}

fn remove_several(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let group = find(tx, call)?;
    let mut fields = Fields::json(call.request)?;
    let wanted =
        fields.texts("members", rules::NOT_EMPTY, 1..=ITEMS)?.ok_or_else(|| missing("members"))?;
    fields.finish()?;
    let mut members = Vec::with_capacity(wanted.len());
    let mut removed = 0;
    for iam_id in wanted {
        let gone = tx.state.iam.memberships.remove(&membership_key(&group.id, &iam_id));
        removed += usize::from(gone.is_some());
        let mut item = json!({ "iam_id": iam_id });
        report(&mut item, call, gone.map(drop).ok_or_else(|| not_member(call)), 204);
        members.push(item);
    }
    if removed == 0 {
        return Err(not_member(call));
    }
    ApiResponse::json(207, json!({ "access_group_id": group.id, "members": members }))
}

fn remove_everywhere(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    account_only(call)?;
    let iam_id = call.request.param("iam_id");
    let groups: Vec<_> = tx.state.iam.groups_of(iam_id).map(str::to_owned).collect();
    if groups.is_empty() {
        return Err(not_member(call));
    }
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        tx.state.iam.memberships.remove(&membership_key(&group, iam_id));
        let mut item = json!({ "access_group_id": group });
        report(&mut item, call, Ok(()), 204);
        items.push(item);
    }
    ApiResponse::json(207, json!({ "iam_id": iam_id, "groups": items }))
}

fn add_to_several(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    account_only(call)?;
    let iam_id = call.request.param("iam_id");
    let mut fields = Fields::json(call.request)?;
    let member_type = fields.required_text("type", TYPE)?;
    let groups =
        fields.texts("groups", rules::NOT_EMPTY, 1..=ITEMS)?.ok_or_else(|| missing("groups"))?;
    fields.finish()?;
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        let outcome = add_one(call, tx, &group, iam_id, &member_type);
        let mut item = json!({ "access_group_id": group });
        report(&mut item, call, outcome, 200);
        items.push(item);
    }
    ApiResponse::json(207, json!({ "iam_id": iam_id, "groups": items }))
}

fn add_one(
    call: &IamCall<'_>,
    tx: &mut Transaction<'_>,
    group: &str,
    iam_id: &str,
    member_type: &str,
) -> Result<()> {
    match tx.state.iam.access_groups.get(group) {
        Some(found) => own_account(call, &found.account_id)?,
        None => return Err(ApiError::not_found("Access group", group)),
    }
    if tx.state.iam.account_of(iam_id) != Some(call.caller.account.bss.as_str()) {
        return Err(ApiError::not_found("Identity", iam_id));
    }
    if tx.state.iam.memberships.get(&membership_key(group, iam_id)).is_some() {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "The identity is already a member of the access group.",
        ));
    }
    tx.state.iam.add_member(Membership {
        access_group_id: group.to_owned(),
        iam_id: iam_id.to_owned(),
        member_type: member_type.to_owned(),
        created_at: tx.now,
        created_by_id: call.caller.iam_id.clone(),
    })
}

/// Adds the outcome to an item.
fn report(item: &mut Value, call: &IamCall<'_>, outcome: Result<()>, success: u16) {
    let Some(fields) = item.as_object_mut() else {
        return;
    };
    fields.insert("trace".to_owned(), json!(call.request.trace));
    match outcome {
        Ok(()) => {
            fields.insert("status_code".to_owned(), json!(success));
        }
        Err(refusal) => {
            let (status, body) = errors::render(Family::Groups, &refusal, &call.request.trace);
            fields.insert("status_code".to_owned(), json!(status));
            if let Some(errors) = body.get("errors") {
                fields.insert("errors".to_owned(), errors.clone());
            }
        }
    }
}

fn refuse_count(name: &str, count: usize) -> Result<()> {
    if (1..=ITEMS).contains(&count) {
        return Ok(());
    }
    Err(ApiError::field(name, &format!("must have 1 to {ITEMS} items")))
}

fn not_member(call: &IamCall<'_>) -> ApiError {
    ApiError::not_found("Membership", call.request.param("iam_id"))
}
