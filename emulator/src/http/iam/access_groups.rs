//! Access groups (ibm-api.md 3.4); their members are in `members`.

use crate::http::fields::{Fields, Rule};
use crate::http::iam::{EDIT, LARGEST_OFFSET, READ, entity_tag, own_account, require_tag};
use crate::http::operation::{Answer, Call, Handler, IamCall, Operation, Reply};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::iam::access::Service;
use crate::model::iam::{AccessGroup, membership_key};
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde::Serialize;

const NAME: Rule = Rule {
    holds: |text| (1..=100).contains(&text.chars().count()),
    says: "must have 1 to 100 characters",
};
const DESCRIPTION: Rule =
    Rule { holds: |text| text.chars().count() <= 250, says: "must have at most 250 characters" };

/// The operations.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_access_group",
        method: Method::POST,
        path: "/v2/groups",
        handler: Handler::Iam(Service::IamGroups, EDIT, create),
    },
    Operation {
        name: "list_access_groups",
        method: Method::GET,
        path: "/v2/groups",
        handler: Handler::Iam(Service::IamGroups, READ, list),
    },
    Operation {
        name: "get_access_group",
        method: Method::GET,
        path: "/v2/groups/{id}",
        handler: Handler::Iam(Service::IamGroups, READ, get),
    },
    Operation {
        name: "update_access_group",
        method: Method::PATCH,
        path: "/v2/groups/{id}",
        handler: Handler::Iam(Service::IamGroups, EDIT, update),
    },
    Operation {
        name: "delete_access_group",
        method: Method::DELETE,
        path: "/v2/groups/{id}",
        handler: Handler::Iam(Service::IamGroups, EDIT, delete),
    },
];

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    account_id: &'a str,
    created_at: Timestamp,
    created_by_id: &'a str,
    last_modified_at: Timestamp,
    last_modified_by_id: &'a str,
    href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_federated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crn: Option<String>,
}

/// What a reader asks to see of a group.
#[derive(Clone, Copy, Default)]
struct Show {
    federated: bool,
    crn: bool,
}

impl Show {
    fn of(query: &mut Query) -> Result<Self> {
        Ok(Self { federated: query.flag("show_federated")?, crn: query.flag("show_crn")? })
    }
}

impl<'a> Body<'a> {
    fn of(group: &'a AccessGroup, call: &Call, show: Show) -> Self {
        Self {
            id: &group.id,
            name: &group.name,
            description: &group.description,
            account_id: &group.account_id,
            created_at: group.created_at,
            created_by_id: &group.created_by_id,
            last_modified_at: group.last_modified_at,
            last_modified_by_id: &group.last_modified_by_id,
            href: format!("{}/v2/groups/{}", call.base, group.id),
            is_federated: show.federated.then_some(false),
            crn: show.crn.then(|| {
                format!(
                    "crn:v1:bluemix:public:iam-groups::a/{}::access_group:{}",
                    group.account_id, group.id
                )
            }),
        }
    }
}

fn create(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let account_id = account_only(iam)?;
    let mut fields = Fields::json(iam.call)?;
    let name = fields.required_text("name", NAME)?;
    let description = fields.text("description", DESCRIPTION)?.unwrap_or_default();
    fields.finish()?;
    refuse_taken(step, &account_id, &name, "")?;
    let by = iam.caller.iam_id.clone();
    let group = AccessGroup {
        id: step.ids.prefixed("AccessGroupId"),
        account_id,
        name,
        description,
        revision: 1,
        created_at: step.now,
        created_by_id: by.clone(),
        last_modified_at: step.now,
        last_modified_by_id: by,
    };
    let reply = Reply::json(201, Body::of(&group, iam.call, Show::default()))?
        .with_header("etag", tag(&group));
    step.state.iam.access_groups.insert(group);
    Ok(reply)
}

fn list(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    let account_id =
        query.text("account_id").ok_or_else(|| Refusal::query("account_id", "is required"))?;
    let iam_id = query.text("iam_id");
    let search = query.text("search");
    let membership_type = query.word("membership_type", &["static", "dynamic", "all"])?;
    let window = Window::of(&mut query, LARGEST_OFFSET, 0..=100, 50)?;
    let sort = query.word("sort", &["id", "name", "description", "is_federated"])?;
    let show = Show::of(&mut query)?;
    query.flag("hide_public_access")?;
    query.finish()?;
    own_account(iam, &account_id)?;
    if membership_type.is_some() && iam_id.is_none() {
        return Err(Refusal::query("membership_type", "needs iam_id"));
    }
    let search = search.as_deref().map(parse_search).transpose()?;
    let state = &step.state.iam;
    let mut found: Vec<&AccessGroup> = state
        .access_groups
        .values()
        .filter(|group| group.account_id == account_id)
        .filter(|group| {
            iam_id.as_ref().is_none_or(|iam_id| {
                let is_member = state.memberships.get(&membership_key(&group.id, iam_id)).is_some();
                is_member && membership_type != Some("dynamic")
            })
        })
        .filter(|group| search.as_ref().is_none_or(|search| search.finds(group)))
        .collect();
    match sort {
        Some("id") => {}
        Some("description") => found.sort_by(|a, b| a.description.cmp(&b.description)),
        _ => found.sort_by(|a, b| a.name.cmp(&b.name)),
    }
    let page = window.page(iam.call, "groups", &found, |group| Body::of(group, iam.call, show));
    Reply::json(200, page)
}

/// `id:…`, `name:…` or `description:…`.
struct Search<'a> {
    field: &'a str,
    text: String,
}

impl Search<'_> {
    fn finds(&self, group: &AccessGroup) -> bool {
        let value = match self.field {
            "id" => &group.id,
            "name" => &group.name,
            _ => &group.description,
        };
        value.to_lowercase().contains(&self.text)
    }
}

fn parse_search(text: &str) -> Result<Search<'_>> {
    match text.split_once(':') {
        Some((field @ ("id" | "name" | "description"), text)) => {
            Ok(Search { field, text: text.to_lowercase() })
        }
        _ => Err(Refusal::query("search", "must be id:, name: or description: and a text")),
    }
}

fn get(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    let show = Show::of(&mut query)?;
    query.finish()?;
    let group = find(step, iam)?;
    Ok(Reply::json(200, Body::of(&group, iam.call, show))?.with_header("etag", tag(&group)))
}

fn update(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    Query::none(iam.call)?;
    let mut group = find(step, iam)?;
    require_tag(iam.call, &tag(&group))?;
    let mut fields = Fields::json(iam.call)?;
    if let Some(name) = fields.text("name", NAME)? {
        refuse_taken(step, &group.account_id, &name, &group.id)?;
        group.name = name;
    }
    if let Some(description) = fields.text("description", DESCRIPTION)? {
        group.description = description;
    }
    fields.finish()?;
    group.revision = group.revision.saturating_add(1);
    group.last_modified_at = step.now;
    group.last_modified_by_id.clone_from(&iam.caller.iam_id);
    let reply = Reply::json(200, Body::of(&group, iam.call, Show::default()))?
        .with_header("etag", tag(&group));
    step.state.iam.access_groups.insert(group);
    Ok(reply)
}

fn delete(iam: &IamCall<'_>, step: &mut Step<'_>) -> Answer {
    let mut query = Query::of(iam.call)?;
    let force = query.flag("force")?;
    query.finish()?;
    let group = find(step, iam)?;
    let prefix = membership_key(&group.id, "");
    let members: Vec<_> = step
        .state
        .iam
        .memberships
        .starting_with(&prefix)
        .map(|member| member.iam_id.clone())
        .collect();
    if !members.is_empty() && !force {
        return Err(Refusal::new(
            Kind::Conflict,
            "The access group has members; use force to delete it.",
        ));
    }
    for member in members {
        step.state.iam.memberships.remove(&membership_key(&group.id, &member));
    }
    step.state.iam.access_groups.remove(&group.id);
    Reply::empty(204)
}

/// The group of the path's `id`, in the caller's account.
pub fn find(step: &Step<'_>, iam: &IamCall<'_>) -> Result<AccessGroup> {
    let id = iam.call.param("id");
    step.state
        .iam
        .access_groups
        .get(id)
        .filter(|found| found.account_id == iam.caller.account.bss)
        .cloned()
        .ok_or_else(|| Refusal::not_found("Access group", id))
}

/// The query's `account_id`, the only parameter allowed.
pub fn account_only(iam: &IamCall<'_>) -> Result<String> {
    let mut query = Query::of(iam.call)?;
    let account_id =
        query.text("account_id").ok_or_else(|| Refusal::query("account_id", "is required"))?;
    query.finish()?;
    own_account(iam, &account_id)?;
    Ok(account_id)
}

fn refuse_taken(step: &Step<'_>, account_id: &str, name: &str, own_id: &str) -> Result<()> {
    let taken = step.state.iam.access_groups.values().any(|group| {
        group.account_id == account_id
            && group.id != own_id
            && group.name.to_lowercase() == name.to_lowercase()
    });
    if taken {
        return Err(Refusal::new(
            Kind::Conflict,
            format!("An access group with the name '{name}' already exists in the account."),
        ));
    }
    Ok(())
}

fn tag(group: &AccessGroup) -> String {
    entity_tag(group.revision, &group.id)
}
