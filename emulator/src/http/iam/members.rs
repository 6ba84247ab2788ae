//! Members of access groups (ibm-api.md 3.4): 207 answers are judged item by item.

use crate::http::errors::{self, Family};
use crate::http::fields::{Fields, Rule, missing};
use crate::http::iam::access_groups::{account_only, find};
use crate::http::iam::{LARGEST_OFFSET, READ, own_account};
use crate::http::operation::{Answer, Handler, IamCall, Operation, Reply};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::http::rules;
use crate::iam::access::{Role, Service};
use crate::model::iam::{Membership, membership_key};
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde::Serialize;
use serde_json::{Value, json};

/// Items in one call.
const ITEMS: usize = 50;
const CHANGE: &[Role] = &[Role::Editor, Role::Administrator, Role::MemberManage];
const TYPE: Rule = Rule {
    holds: |text| matches!(text, "user" | "service" | "profile"),
    says: "must be user, service or profile",
};

/// The operations.
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

fn is_member(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let group = find(step, iam)?;
    let key = membership_key(&group.id, iam.call.param("iam_id"));
    match step.state.iam.memberships.get(&key) {
        Some(_) => Reply::empty(204),
        None => Err(not_member(iam)),
    }
}

fn add(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let group = find(step, iam)?;
    let mut fields = Fields::json(iam.call)?;
    let items = fields.value("members").ok_or_else(|| missing("members"))?;
    fields.finish()?;
    let Value::Array(items) = items else {
        return Err(Refusal::field("members", "must be a list"));
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
        let outcome = add_one(iam, step, &group.id, &iam_id, &member_type);
        let mut item = json!({
            "iam_id": iam_id,
            "type": member_type,
            "created_at": step.now,
            "created_by_id": iam.caller.iam_id,
        });
        report(&mut item, iam, outcome, 200);
        members.push(item);
    }
    Reply::json(207, json!({ "members": members }))
}

fn list(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    let membership_type = query.word("membership_type", &["static", "dynamic", "all"])?;
    let window = Window::of(&mut query, LARGEST_OFFSET, 0..=100, 50)?;
    let member_type = query.word("type", &["user", "service", "profile"])?;
    let verbose = query.flag("verbose")?;
    let sort = query.word("sort", &["id", "name", "email"])?;
    query.finish()?;
    if sort.is_some() && !verbose {
        return Err(Refusal::query("sort", "needs verbose"));
    }
    let group = find(step, iam)?;
    let prefix = membership_key(&group.id, "");
    let state = &step.state.iam;
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
    let page = window.page(iam.call, "members", &found, |member| Member {
        iam_id: &member.iam_id,
        member_type: &member.member_type,
        membership_type: "static",
        name: name_of(&member.iam_id).filter(|_| verbose),
        href: format!("{}/v2/groups/{}/members/{}", iam.call.base, group.id, member.iam_id),
        created_at: member.created_at,
        created_by_id: &member.created_by_id,
    });
    Reply::json(200, page)
}

fn remove(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let group = find(step, iam)?;
    let key = membership_key(&group.id, iam.call.param("iam_id"));
    match step.state.iam.memberships.remove(&key) {
        Some(_) => Reply::empty(204),
        None => Err(not_member(iam)),
    }
}

fn remove_several(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let group = find(step, iam)?;
    let mut fields = Fields::json(iam.call)?;
    let wanted =
        fields.texts("members", rules::NOT_EMPTY, 1..=ITEMS)?.ok_or_else(|| missing("members"))?;
    fields.finish()?;
    let mut members = Vec::with_capacity(wanted.len());
    let mut removed = 0;
    for iam_id in wanted {
        let gone = step.state.iam.memberships.remove(&membership_key(&group.id, &iam_id));
        removed += usize::from(gone.is_some());
        let mut item = json!({ "iam_id": iam_id });
        report(&mut item, iam, gone.map(drop).ok_or_else(|| not_member(iam)), 204);
        members.push(item);
    }
    if removed == 0 {
        return Err(not_member(iam));
    }
    Reply::json(207, json!({ "access_group_id": group.id, "members": members }))
}

fn remove_everywhere(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    account_only(iam)?;
    let iam_id = iam.call.param("iam_id");
    let groups: Vec<_> = step.state.iam.groups_of(iam_id).map(str::to_owned).collect();
    if groups.is_empty() {
        return Err(not_member(iam));
    }
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        step.state.iam.memberships.remove(&membership_key(&group, iam_id));
        let mut item = json!({ "access_group_id": group });
        report(&mut item, iam, Ok(()), 204);
        items.push(item);
    }
    Reply::json(207, json!({ "iam_id": iam_id, "groups": items }))
}

fn add_to_several(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    account_only(iam)?;
    let iam_id = iam.call.param("iam_id");
    let mut fields = Fields::json(iam.call)?;
    let member_type = fields.required_text("type", TYPE)?;
    let groups =
        fields.texts("groups", rules::NOT_EMPTY, 1..=ITEMS)?.ok_or_else(|| missing("groups"))?;
    fields.finish()?;
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        let outcome = add_one(iam, step, &group, iam_id, &member_type);
        let mut item = json!({ "access_group_id": group });
        report(&mut item, iam, outcome, 200);
        items.push(item);
    }
    Reply::json(207, json!({ "iam_id": iam_id, "groups": items }))
}

fn add_one(
    iam: &IamCall<'_>,
    step: &mut Step<'_>,
    group: &str,
    iam_id: &str,
    member_type: &str,
) -> Result<()> {
    match step.state.iam.access_groups.get(group) {
        Some(found) => own_account(iam, &found.account_id)?,
        None => return Err(Refusal::not_found("Access group", group)),
    }
    if step.state.iam.account_of(iam_id) != Some(iam.caller.account.bss.as_str()) {
        return Err(Refusal::not_found("Identity", iam_id));
    }
    if step.state.iam.memberships.get(&membership_key(group, iam_id)).is_some() {
        return Err(Refusal::new(
            Kind::Conflict,
            "The identity is already a member of the access group.",
        ));
    }
    step.state.iam.add_member(Membership {
        access_group_id: group.to_owned(),
        iam_id: iam_id.to_owned(),
        member_type: member_type.to_owned(),
        created_at: step.now,
        created_by_id: iam.caller.iam_id.clone(),
    })
}

/// Writes the outcome of one item into it.
fn report(item: &mut Value, iam: &IamCall<'_>, outcome: Result<()>, success: u16) {
    let Some(fields) = item.as_object_mut() else {
        return;
    };
    fields.insert("trace".to_owned(), json!(iam.call.trace));
    match outcome {
        Ok(()) => {
            fields.insert("status_code".to_owned(), json!(success));
        }
        Err(refusal) => {
            let (status, body) = errors::render(Family::Groups, &refusal, &iam.call.trace);
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
    Err(Refusal::field(name, &format!("must have 1 to {ITEMS} items")))
}

fn not_member(iam: &IamCall<'_>) -> Refusal {
    Refusal::not_found("Membership", iam.call.param("iam_id"))
}
