//! Policies (ibm-api.md 4.2): access of identities and groups, and authorizations between services.
//! Both versions of the API show the same policies.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, missing};
use crate::http::iam::policy_attributes::{self, Attributes, of_resource, of_subject, written};
use crate::http::iam::shared::{entity_tag, own_account, require_tag};
use crate::http::operation::{ApiRequest, ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::rules;
use crate::iam::access::Service;
use crate::iam::roles::{self, Role};
use crate::model::iam::{Policy, PolicyApi, Resource, Subject};
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Map, Value, json};

const ADMINISTER: &[Role] = &[Role::Administrator];
const V1: PolicyApi = PolicyApi::V1;
const V2: PolicyApi = PolicyApi::V2;

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_policy",
        method: Method::POST,
        path: "/v1/policies",
        handler: administer(|call, tx| create(call, tx, V1)),
    },
    Operation {
        name: "list_policies",
        method: Method::GET,
        path: "/v1/policies",
        handler: administer(|call, tx| list(call, tx, V1)),
    },
    Operation {
        name: "get_policy",
        method: Method::GET,
        path: "/v1/policies/{id}",
        handler: administer(|call, tx| get(call, tx, V1)),
    },
    Operation {
        name: "replace_policy",
        method: Method::PUT,
        path: "/v1/policies/{id}",
        handler: administer(|call, tx| replace(call, tx, V1)),
    },
    Operation {
        name: "delete_policy",
        method: Method::DELETE,
        path: "/v1/policies/{id}",
        handler: administer(delete),
    },
    Operation {
        name: "create_v2_policy",
        method: Method::POST,
        path: "/v2/policies",
        handler: administer(|call, tx| create(call, tx, V2)),
    },
    Operation {
        name: "list_v2_policies",
        method: Method::GET,
        path: "/v2/policies",
        handler: administer(|call, tx| list(call, tx, V2)),
    },
    Operation {
        name: "get_v2_policy",
        method: Method::GET,
        path: "/v2/policies/{id}",
        handler: administer(|call, tx| get(call, tx, V2)),
    },
    Operation {
        name: "replace_v2_policy",
        method: Method::PUT,
        path: "/v2/policies/{id}",
        handler: administer(|call, tx| replace(call, tx, V2)),
    },
    Operation {
        name: "delete_v2_policy",
        method: Method::DELETE,
        path: "/v2/policies/{id}",
        handler: administer(delete),
    },
];

const fn administer(run: fn(&IamCall<'_>, &mut Transaction<'_>) -> Result<ApiResponse>) -> Handler {
    Handler::Iam(Service::IamAccessManagement, ADMINISTER, run)
}

/// What a body says of a policy.
struct Content {
    subject: Subject,
    roles: Vec<String>,
    resource: Resource,
    description: Option<String>,
    rule: Option<Value>,
    pattern: Option<String>,
}

impl Content {
    fn of(request: &ApiRequest, api: PolicyApi) -> Result<Self> {
        let mut fields = Fields::json(request)?;
        let policy_type = fields.required_text("type", rules::ANY)?;
        let description = fields.text("description", rules::ANY)?;
        let (subject, resource, roles) = match api {
            V1 => (
                the_only(&mut fields, "subjects")?,
                the_only(&mut fields, "resources")?,
                roles(&mut fields)?,
            ),
            V2 => {
                let subject = nested(&mut fields, "subject")?;
                let resource = nested(&mut fields, "resource")?;
                let mut control = nested(&mut fields, "control")?;
                let mut grant = nested(&mut control, "grant")?;
                let roles = roles(&mut grant)?;
                grant.finish()?;
                control.finish()?;
                (subject, resource, roles)
            }
        };
        let (rule, pattern) = match api {
            V1 => (None, None),
            V2 => (
                fields.value("rule").map(|rule| checked_rule(&rule).map(|()| rule)).transpose()?,
                fields.text("pattern", rules::NOT_EMPTY)?,
            ),
        };
        fields.finish()?;
        Ok(Self {
            subject: parse_subject(subject, api)?.subject(&policy_type)?,
            roles,
            resource: parse_resource(resource, api)?,
            description,
            rule,
            pattern,
        })
    }
}

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>, api: PolicyApi) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let content = Content::of(call.request, api)?;
    own_account(call, &content.resource.account_id)?;
    refuse_twin(tx, &content, "")?;
    let policy = Policy {
        id: tx.ids.uuid(),
        subject: content.subject,
        roles: content.roles,
        resource: content.resource,
        description: content.description,
        api,
        rule: content.rule,
        pattern: content.pattern,
        revision: 0,
        created_at: tx.now,
        created_by_id: call.caller.iam_id.clone(),
        replaced: None,
    };
    let response = response(201, &policy, call.request, api)?;
    tx.state.iam.policies.insert(policy);
    Ok(response)
}

fn replace(call: &IamCall<'_>, tx: &mut Transaction<'_>, api: PolicyApi) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let former = find(call, tx)?;
    require_tag(call.request, &tag(&former))?;
    let content = Content::of(call.request, api)?;
    own_account(call, &content.resource.account_id)?;
    refuse_twin(tx, &content, &former.id)?;
    let policy = Policy {
        subject: content.subject,
        roles: content.roles,
        resource: content.resource,
        description: content.description,
        rule: content.rule,
        pattern: content.pattern,
        revision: former.revision.saturating_add(1),
        replaced: Some((tx.now, call.caller.iam_id.clone())),
        ..former
    };
    let response = response(200, &policy, call.request, api)?;
    tx.state.iam.policies.insert(policy);
    Ok(response)
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>, api: PolicyApi) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let account_id = query.required_text("account_id")?;
    let policy_type = query.word("type", &["access", "authorization"])?;
    let iam_id = query.text("iam_id").map(Subject::IamId);
    let group = query.text("access_group_id").map(Subject::AccessGroupId);
    let service_name = match api {
        V1 => None,
        V2 => query.text("service_name"),
    };
    let state = query.word("state", &["active", "deleted"])?;
    let sort = query.word("sort", SORT)?;
    query.finish()?;
    own_account(call, &account_id)?;
    let subject = iam_id.or(group);
    let mut found: Vec<&Policy> = tx
        .state
        .iam
        .policies
        .values()
        .filter(|policy| policy.resource.account_id == account_id)
        .filter(|policy| policy_type.is_none_or(|wanted| wanted == type_of(policy)))
        .filter(|policy| subject.as_ref().is_none_or(|wanted| *wanted == policy.subject))
        .filter(|policy| service_name.is_none() || policy.resource.service_name == service_name)
        // A deleted policy is gone at once.
        .filter(|_| state != Some("deleted"))
        .collect();
    let (key, descending) = match sort.and_then(|sort| sort.strip_prefix('-')) {
        Some(key) => (Some(key), true),
        None => (sort, false),
    };
    match key {
        Some("type") => found.sort_by_key(|policy| type_of(policy)),
        Some("created_at") => found.sort_by_key(|policy| policy.created_at),
        // They are in the order of their ids.
        _ => {}
    }
    if descending {
        found.reverse();
    }
    let found: Vec<_> = found.into_iter().map(|policy| body(policy, call.request, api)).collect();
    ApiResponse::json(200, json!({ "policies": found }))
}

const SORT: &[&str] = &["id", "-id", "type", "-type", "created_at", "-created_at"];

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>, api: PolicyApi) -> Result<ApiResponse> {
    Query::none(call.request)?;
    response(200, &find(call, tx)?, call.request, api)
}

fn delete(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let policy = find(call, tx)?;
    tx.state.iam.policies.remove(&policy.id);
    ApiResponse::empty(204)
}

fn find(call: &IamCall<'_>, tx: &Transaction<'_>) -> Result<Policy> {
    let id = call.request.param("id");
    let found = tx.state.iam.policies.get(id);
    found
        .filter(|policy| policy.resource.account_id == call.caller.account.bss)
        .cloned()
        .ok_or_else(|| ApiError::not_found("Policy", id))
}

/// Refuses the content of another policy.
fn refuse_twin(tx: &Transaction<'_>, content: &Content, own_id: &str) -> Result<()> {
    let exists = tx.state.iam.policies.values().any(|other| {
        other.id != own_id
            && other.subject == content.subject
            && other.resource == content.resource
            && other.roles == content.roles
            && other.rule == content.rule
    });
    if exists {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "A policy with the same content exists already.",
        ));
    }
    Ok(())
}

fn parse_subject(mut item: Fields, api: PolicyApi) -> Result<Attributes> {
    let attributes = Attributes::take(&mut item, "subjects", api)?;
    item.finish()?;
    Ok(attributes)
}

fn parse_resource(mut item: Fields, api: PolicyApi) -> Result<Resource> {
    let attributes = Attributes::take(&mut item, "resources", api)?;
    let tags = policy_attributes::attributes(&mut item, "resources", "tags", api)?;
    item.finish()?;
    attributes.resource(tags.unwrap_or_default())
}

fn nested(fields: &mut Fields, name: &str) -> Result<Fields> {
    Fields::nested(name, fields.value(name).ok_or_else(|| missing(name))?)
}

/// The only item of `subjects` or `resources`.
fn the_only(fields: &mut Fields, list: &str) -> Result<Fields> {
    let items = fields.value(list).ok_or_else(|| missing(list))?;
    let Value::Array(items) = items else {
        return Err(ApiError::field(list, "must be a list"));
    };
    let [item] =
        <[Value; 1]>::try_from(items).map_err(|_| ApiError::field(list, "must have one item"))?;
    Fields::nested(list, item)
}

fn roles(fields: &mut Fields) -> Result<Vec<String>> {
    let items = fields.value("roles").ok_or_else(|| missing("roles"))?;
    let Value::Array(items) = items else {
        return Err(ApiError::field("roles", "must be a list"));
    };
    if items.is_empty() {
        return Err(ApiError::field("roles", "must not be empty"));
    }
    items
        .into_iter()
        .map(|item| {
            let mut item = Fields::nested("roles", item)?;
            let role = item.required_text("role_id", rules::ROLE)?;
            // Both are the server's to say.
            item.text("display_name", rules::ANY)?;
            item.text("description", rules::ANY)?;
            item.finish()?;
            Ok(role)
        })
        .collect()
}

/// A condition, or an operator over a list of conditions.
fn checked_rule(rule: &Value) -> Result<()> {
    let mut fields = Fields::nested("rule", rule.clone())?;
    fields.required_text("operator", rules::NOT_EMPTY)?;
    match fields.value("conditions") {
        None => {
            fields.required_text("key", rules::NOT_EMPTY)?;
            fields.value("value").ok_or_else(|| missing("value"))?;
        }
        Some(Value::Array(conditions)) => conditions.iter().try_for_each(checked_rule)?,
        Some(_) => return Err(ApiError::field("rule", "conditions must be a list")),
    }
    fields.finish()
}

fn type_of(policy: &Policy) -> &'static str {
    match policy.subject {
        Subject::Service { .. } => "authorization",
        Subject::IamId(_) | Subject::AccessGroupId(_) => "access",
    }
}

fn tag(policy: &Policy) -> String {
    entity_tag(policy.revision.saturating_add(1), &policy.id)
}

fn response(
    status: u16,
    policy: &Policy,
    request: &ApiRequest,
    api: PolicyApi,
) -> Result<ApiResponse> {
    Ok(ApiResponse::json(status, body(policy, request, api))?.with_header("etag", tag(policy)))
}

fn body(policy: &Policy, request: &ApiRequest, api: PolicyApi) -> Value {
    // Clients see by the link with which version of the API to change the policy.
    let version = match policy.api {
        V1 => "v1",
        V2 => "v2",
    };
    let (modified_at, modified_by) = match &policy.replaced {
        Some((at, by)) => (*at, by),
        None => (policy.created_at, &policy.created_by_id),
    };
    let mut body = json!({
        "id": policy.id,
        "type": type_of(policy),
        "href": format!("{}/{version}/policies/{}", request.base, policy.id),
        "created_at": policy.created_at,
        "created_by_id": policy.created_by_id,
        "last_modified_at": modified_at,
        "last_modified_by_id": modified_by,
        "state": "active",
    });
    if let Some(fields) = body.as_object_mut() {
        if let Some(description) = &policy.description {
            fields.insert("description".to_owned(), json!(description));
        }
        match api {
            V1 => write_v1(policy, fields),
            V2 => write_v2(policy, fields),
        }
    }
    body
}

fn write_v1(policy: &Policy, fields: &mut Map<String, Value>) {
    let subject = json!({ "attributes": written(&of_subject(&policy.subject), V1, false) });
    let resource = resource(&policy.resource, V1);
    let roles: Vec<_> = policy
        .roles
        .iter()
        .map(|role| json!({ "role_id": role, "display_name": roles::display_name(role) }))
        .collect();
    fields.insert("subjects".to_owned(), json!([subject]));
    fields.insert("roles".to_owned(), json!(roles));
    fields.insert("resources".to_owned(), json!([resource]));
}

fn write_v2(policy: &Policy, fields: &mut Map<String, Value>) {
    let subject = json!({ "attributes": written(&of_subject(&policy.subject), V2, true) });
    let roles: Vec<_> = policy.roles.iter().map(|role| json!({ "role_id": role })).collect();
    fields.insert("subject".to_owned(), subject);
    fields.insert("resource".to_owned(), resource(&policy.resource, V2));
    fields.insert("control".to_owned(), json!({ "grant": { "roles": roles } }));
    if let Some(rule) = &policy.rule {
        fields.insert("rule".to_owned(), rule.clone());
    }
    if let Some(pattern) = &policy.pattern {
        fields.insert("pattern".to_owned(), json!(pattern));
    }
}

fn resource(resource: &Resource, api: PolicyApi) -> Value {
    let mut item = json!({ "attributes": written(&of_resource(resource), api, true) });
    if let (false, Some(fields)) = (resource.tags.is_empty(), item.as_object_mut()) {
        fields.insert("tags".to_owned(), json!(written(&resource.tags, api, true)));
    }
    item
}
