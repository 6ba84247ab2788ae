//! Policies (ibm-api.md 4.2): access of identities and groups, and authorizations between services.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{Fields, missing};
use crate::http::iam::{entity_tag, own_account};
use crate::http::operation::{ApiRequest, ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::http::rules;
use crate::iam::access::{Role, Service};
use crate::model::iam::{Policy, Resource, Subject};
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The only supported operator of attributes.
const EQUALS: &str = "stringEquals";
const SECRET_GROUP: &str = "secret-group";
const ADMINISTER: &[Role] = &[Role::Administrator];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_policy",
        method: Method::POST,
        path: "/v1/policies",
        handler: Handler::Iam(Service::IamAccessManagement, ADMINISTER, create),
    },
    Operation {
        name: "list_policies",
        method: Method::GET,
        path: "/v1/policies",
        handler: Handler::Iam(Service::IamAccessManagement, ADMINISTER, list),
    },
    Operation {
        name: "get_policy",
        method: Method::GET,
        path: "/v1/policies/{id}",
        handler: Handler::Iam(Service::IamAccessManagement, ADMINISTER, get),
    },
    Operation {
        name: "delete_policy",
        method: Method::DELETE,
        path: "/v1/policies/{id}",
        handler: Handler::Iam(Service::IamAccessManagement, ADMINISTER, delete),
    },
];

/// The attributes of a subject or resource that have not been taken yet.
struct Attributes {
    list: &'static str,
    values: BTreeMap<String, String>,
}

impl Attributes {
    /// The only item of `subjects` or `resources`.
    fn take(fields: &mut Fields, list: &'static str) -> Result<Self> {
        let items = fields.value(list).ok_or_else(|| missing(list))?;
        let Value::Array(items) = items else {
            return Err(ApiError::field(list, "must be a list"));
        };
        let [item] = <[Value; 1]>::try_from(items)
            .map_err(|_| ApiError::field(list, "must have one item"))?;
        let mut item = Fields::nested(list, item)?;
        let attributes = item.value("attributes").ok_or_else(|| missing(list))?;
        item.finish()?;
        let Value::Array(attributes) = attributes else {
            return Err(ApiError::field(list, "attributes must be a list"));
        };
        let mut values = BTreeMap::new();
        for attribute in attributes {
            let mut attribute = Fields::nested(list, attribute)?;
            let name = attribute.required_text("name", rules::NOT_EMPTY)?;
            let value = attribute.required_text("value", rules::NOT_EMPTY)?;
            let operator = attribute.text("operator", rules::ANY)?;
            attribute.finish()?;
            if operator.is_some_and(|operator| operator != EQUALS) {
                return Err(ApiError::field(list, "the operator must be stringEquals"));
            }
            values.insert(name, value);
        }
        Ok(Self { list, values })
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    fn required(&mut self, name: &str) -> Result<String> {
        self.optional(name)
            .ok_or_else(|| ApiError::field(self.list, &format!("attribute {name} is required")))
    }

    fn finish(self) -> Result<()> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(ApiError::field(self.list, &format!("attribute {name} is not supported")))
            }
        }
    }
}

fn create(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut fields = Fields::json(call.request)?;
    let policy_type = fields.required_text("type", rules::ANY)?;
    let subject = Attributes::take(&mut fields, "subjects")?;
    let resource = Attributes::take(&mut fields, "resources")?;
    let roles = roles(&mut fields)?;
    let description = fields.text("description", rules::ANY)?;
    fields.finish()?;
    let policy = Policy {
        id: tx.ids.uuid(),
        subject: parse_subject(&policy_type, subject)?,
        roles,
        resource: parse_resource(resource)?,
        description,
        created_at: tx.now,
        created_by_id: call.caller.iam_id.clone(),
    };
    own_account(call, &policy.resource.account_id)?;
    let exists = tx.state.iam.policies.values().any(|other| {
        other.subject == policy.subject
            && other.resource == policy.resource
            && other.roles == policy.roles
    });
    if exists {
        return Err(ApiError::new(
            ErrorKind::Conflict,
            "A policy with the same content exists already.",
        ));
    }
    let reply = ApiResponse::json(201, body(&policy, call.request))?
        .with_header("etag", entity_tag(1, &policy.id));
    tx.state.iam.policies.insert(policy);
    Ok(reply)
}

fn list(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let account_id =
        query.text("account_id").ok_or_else(|| ApiError::query("account_id", "is required"))?;
    let policy_type = query.word("type", &["access", "authorization"])?;
    query.finish()?;
    own_account(call, &account_id)?;
    let found: Vec<_> = tx
        .state
        .iam
        .policies
        .values()
        .filter(|policy| policy.resource.account_id == account_id)
        .filter(|policy| policy_type.is_none_or(|wanted| wanted == type_of(policy)))
        .map(|policy| body(policy, call.request))
        .collect();
    ApiResponse::json(200, json!({ "policies": found }))
}

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let policy = find(call, tx)?;
    Ok(ApiResponse::json(200, body(&policy, call.request))?
        .with_header("etag", entity_tag(1, &policy.id)))
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
            item.finish()?;
            Ok(role)
        })
        .collect()
}

fn parse_subject(policy_type: &str, mut subject: Attributes) -> Result<Subject> {
    let parsed = match policy_type {
        "authorization" => Subject::Service {
            account_id: subject.required("accountId")?,
            service_name: subject.required("serviceName")?,
            service_instance: subject.optional("serviceInstance"),
        },
        "access" => match (subject.optional("iam_id"), subject.optional("access_group_id")) {
            (Some(iam_id), None) => Subject::IamId(iam_id),
            (None, Some(group)) => Subject::AccessGroupId(group),
            _ => {
                return Err(ApiError::field("subjects", "needs either iam_id or access_group_id"));
            }
        },
        _ => return Err(ApiError::field("type", "must be access or authorization")),
    };
    subject.finish()?;
    Ok(parsed)
}

fn parse_resource(mut resource: Attributes) -> Result<Resource> {
    let account_id = resource.required("accountId")?;
    let service_name = resource.optional("serviceName");
    let service_instance = resource.optional("serviceInstance");
    let secret_group_id = match (resource.optional("resourceType"), resource.optional("resource")) {
        (None, None) => None,
        (Some(kind), Some(id)) if kind == SECRET_GROUP => Some(id),
        _ => {
            return Err(ApiError::field(
                "resources",
                "resourceType must be secret-group and come with resource",
            ));
        }
    };
    resource.finish()?;
    Ok(Resource { account_id, service_name, service_instance, secret_group_id })
}

fn type_of(policy: &Policy) -> &'static str {
    match policy.subject {
        Subject::Service { .. } => "authorization",
        Subject::IamId(_) | Subject::AccessGroupId(_) => "access",
    }
}

fn body(policy: &Policy, request: &ApiRequest) -> Value {
    let subject = match &policy.subject {
        Subject::IamId(id) => vec![("iam_id", Some(id))],
        Subject::AccessGroupId(id) => vec![("access_group_id", Some(id))],
        Subject::Service { account_id, service_name, service_instance } => vec![
            ("accountId", Some(account_id)),
            ("serviceName", Some(service_name)),
            ("serviceInstance", service_instance.as_ref()),
        ],
    };
    let resource = &policy.resource;
    let kind = SECRET_GROUP.to_owned();
    let resource = vec![
        ("accountId", Some(&resource.account_id)),
        ("serviceName", resource.service_name.as_ref()),
        ("serviceInstance", resource.service_instance.as_ref()),
        ("resourceType", resource.secret_group_id.as_ref().map(|_| &kind)),
        ("resource", resource.secret_group_id.as_ref()),
    ];
    // In IBM's model, attributes of a subject have no operator.
    let attributes = |list: Vec<(&str, Option<&String>)>, operator: Option<&str>| -> Vec<Value> {
        let present = list.into_iter().filter_map(|(name, value)| Some((name, value?)));
        present
            .map(|(name, value)| match operator {
                Some(operator) => json!({ "name": name, "value": value, "operator": operator }),
                None => json!({ "name": name, "value": value }),
            })
            .collect()
    };
    let roles: Vec<_> = policy
        .roles
        .iter()
        .map(|role| json!({ "role_id": role, "display_name": role.rsplit(':').next() }))
        .collect();
    let mut body = json!({
        "id": policy.id,
        "type": type_of(policy),
        "subjects": [{ "attributes": attributes(subject, None) }],
        "roles": roles,
        "resources": [{ "attributes": attributes(resource, Some(EQUALS)) }],
        "href": format!("{}/v1/policies/{}", request.base, policy.id),
        "created_at": policy.created_at,
        "created_by_id": policy.created_by_id,
        "last_modified_at": policy.created_at,
        "last_modified_by_id": policy.created_by_id,
        "state": "active",
    });
    if let (Some(description), Some(fields)) = (&policy.description, body.as_object_mut()) {
        fields.insert("description".to_owned(), json!(description));
    }
    body
}
