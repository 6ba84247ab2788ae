//! Access groups (ibm-api.md 3.4); their members are in `members`.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, Rule};
use crate::http::iam::shared::{EDIT, LARGEST_OFFSET, READ, entity_tag, own_account, require_tag};
use crate::http::operation::{ApiRequest, ApiResponse, Handler, IamCall, Operation};
use crate::http::page::Window;
use crate::http::query::Query;
use crate::iam::access::Service;
use crate::model::iam::{AccessGroup, membership_key};
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;
use axum::http::Method;
use serde::Serialize;
use serde_json::json;

const NAME: Rule = Rule {
    is_valid: |text| (1..=100).contains(&text.chars().count()),
    message: "must have 1 to 100 characters",
};
const DESCRIPTION: Rule = Rule {
    is_valid: |text| text.chars().count() <= 250,
    message: "must have at most 250 characters",
};

/// The operations of this API.
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
    Operation {
        name: "list_access_group_rules",
        method: Method::GET,
        path: "/v2/groups/{id}/rules",
        handler: Handler::Iam(Service::IamGroups, READ, list_rules),
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

/// Optional fields that a reader asks for.
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
    fn of(group: &'a AccessGroup, request: &ApiRequest, show: Show) -> Self {
        Self {
            id: &group.id,
            name: &group.name,
            description: &group.description,
            account_id: &group.account_id,
            created_at: group.created_at,
            created_by_id: &group.created_by_id,
            last_modified_at: group.last_modified_at,
            last_modified_by_id: &group.last_modified_by_id,
            href: format!("{}/v2/groups/{}", request.base, group.id),
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

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let account_id = account_only(call)?;
    let mut fields = Fields::json(call.request)?;
    let name = fields.required_text("name", NAME)?;
    let description = fields.text("description", DESCRIPTION)?.unwrap_or_default();
    fields.finish()?;
    refuse_taken(tx, &account_id, &name, "")?;
    let by = call.caller.iam_id.clone();
    let group = AccessGroup {
        id: tx.ids.prefixed("AccessGroupId"),
        account_id,
        name,
        description,
        revision: 1,
        created_at: tx.now,
        created_by_id: by.clone(),
        last_modified_at: tx.now,
        last_modified_by_id: by,
    };
    let response = ApiResponse::json(201, Body::of(&group, call.request, Show::default()))?
        .with_header("etag", tag(&group));
    tx.state.iam.access_groups.insert(group);
    Ok(response)
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let account_id = query.required_text("account_id")?;
    let iam_id = query.text("iam_id");
    let search = query.text("search");
    let membership_type = query.word("membership_type", &["static", "dynamic", "all"])?;
    let window = Window::of(&mut query, LARGEST_OFFSET, 0..=100, 50)?;
    let sort = query.word("sort", &["id", "name", "description", "is_federated"])?;
    let show = Show::of(&mut query)?;
    query.flag("hide_public_access")?;
    query.finish()?;
    own_account(call, &account_id)?;
    if membership_type.is_some() && iam_id.is_none() {
        return Err(ApiError::query("membership_type", "needs iam_id"));
    }
    let search = search.as_deref().map(parse_search).transpose()?;
    let state = &tx.state.iam;
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
    let page =
        window.page(call.request, "groups", &found, |group| Body::of(group, call.request, show));
    ApiResponse::json(200, page)
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
        _ => Err(ApiError::query("search", "must be id:, name: or description: and a text")),
    }
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let show = Show::of(&mut query)?;
    query.finish()?;
    let group = find(tx, call)?;
    Ok(ApiResponse::json(200, Body::of(&group, call.request, show))?
        .with_header("etag", tag(&group)))
}

fn update(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut group = find(tx, call)?;
    require_tag(call.request, &tag(&group))?;
    let mut fields = Fields::json(call.request)?;
    if let Some(name) = fields.text("name", NAME)? {
        refuse_taken(tx, &group.account_id, &name, &group.id)?;
        group.name = name;
    }
    if let Some(description) = fields.text("description", DESCRIPTION)? {
        group.description = description;
    }
    fields.finish()?;
    group.revision = group.revision.saturating_add(1);
    group.last_modified_at = tx.now;
    group.last_modified_by_id.clone_from(&call.caller.iam_id);
    let response = ApiResponse::json(200, Body::of(&group, call.request, Show::default()))?
        .with_header("etag", tag(&group));
    tx.state.iam.access_groups.insert(group);
    Ok(response)
}

fn delete(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let force = query.flag("force")?;
    query.finish()?;
    let group = find(tx, call)?;
    let prefix = membership_key(&group.id, "");
    let members: Vec<_> = tx
        .state
        .iam
        .memberships
        .starting_with(&prefix)
        .map(|member| member.iam_id.clone())
        .collect();
    if !members.is_empty() && !force {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "The access group has members; use force to delete it.",
        ));
    }
    for member in members {
        tx.state.iam.memberships.remove(&membership_key(&group.id, &member));
    }
    tx.state.iam.access_groups.remove(&group.id);
    ApiResponse::empty(204)
}

/// Rules make federated users members while they log in. Nobody here logs in through an identity
/// provider, so no group has any; IBM's provider asks all the same.
fn list_rules(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    find(tx, call)?;
    ApiResponse::json(200, json!({ "rules": [] }))
}

/// The group with the path's `id`, if it is in the caller's account.
pub fn find(tx: &Transaction<'_>, call: &IamCall<'_>) -> Result<AccessGroup> {
    let id = call.request.param("id");
    tx.state
        .iam
        .access_groups
        .get(id)
        .filter(|found| found.account_id == call.caller.account.bss)
        .cloned()
        .ok_or_else(|| ApiError::not_found("Access group", id))
}

/// The query's `account_id`, the only parameter allowed.
pub fn account_only(call: &IamCall<'_>) -> Result<String> {
    let mut query = Query::of(call.request)?;
    let account_id = query.required_text("account_id")?;
    query.finish()?;
    own_account(call, &account_id)?;
    Ok(account_id)
}

fn refuse_taken(tx: &Transaction<'_>, account_id: &str, name: &str, own_id: &str) -> Result<()> {
    let taken = tx.state.iam.access_groups.values().any(|group| {
        group.account_id == account_id
            && group.id != own_id
            && group.name.to_lowercase() == name.to_lowercase()
    });
    if taken {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            format!("An access group with the name '{name}' already exists in the account."),
        ));
    }
    Ok(())
}

fn tag(group: &AccessGroup) -> String {
    entity_tag(group.revision, &group.id)
}
