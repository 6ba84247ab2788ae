//! The attributes of policies, which the two versions of the API write differently.

use crate::error::{ApiError, Result};
use crate::http::fields::{Fields, missing};
use crate::http::rules;
use crate::model::iam::{Attribute, PolicyApi, Resource, Subject};
use serde_json::{Value, json};

const EQUALS: &str = "stringEquals";
const OPERATORS: &[&str] =
    &[EQUALS, "stringMatch", "stringExists", "stringEqualsAnyOf", "stringMatchAnyOf"];
const SECRET_GROUP: &str = "secret-group";
/// What a calling service can be narrowed by, besides its instance.
const OF_SERVICES: &[&str] = &["resourceType", "resource", "resourceGroupId"];

/// The attributes of a subject or resource that have not been taken yet.
pub struct Attributes {
    /// The field that they are in.
    field: &'static str,
    values: Vec<Attribute>,
}

impl Attributes {
    /// The `attributes` of an object that is in `field`.
    pub fn take(fields: &mut Fields, field: &'static str, api: PolicyApi) -> Result<Self> {
        let values = attributes(fields, field, "attributes", api)?;
        Ok(Self { field, values: values.ok_or_else(|| missing(field))? })
    }

    /// The value that an attribute must equal, if there is such an attribute.
    fn optional(&mut self, key: &str) -> Option<String> {
        let at = self
            .values
            .iter()
            .position(|it| it.key == key && it.operator == EQUALS && it.value.is_string())?;
        match self.values.remove(at).value {
            Value::String(value) => Some(value),
            _ => None,
        }
    }

    fn required(&mut self, key: &str) -> Result<String> {
        self.optional(key)
            .ok_or_else(|| ApiError::field(self.field, &format!("attribute {key} is required")))
    }

    /// The subject of a policy of that type.
    pub fn subject(mut self, policy_type: &str) -> Result<Subject> {
        match policy_type {
            "authorization" => {
                let account_id = self.required("accountId")?;
                let service_name = self.required("serviceName")?;
                let service_instance = self.optional("serviceInstance");
                let unknown = |it: &&Attribute| !OF_SERVICES.contains(&it.key.as_str());
                self.refuse(unknown)?;
                Ok(Subject::Service {
                    account_id,
                    service_name,
                    service_instance,
                    more: self.values,
                })
            }
            "access" => {
                let subject = match (self.optional("iam_id"), self.optional("access_group_id")) {
                    (Some(iam_id), None) => Subject::IamId(iam_id),
                    (None, Some(group)) => Subject::AccessGroupId(group),
                    _ => {
                        let rule = "needs either iam_id or access_group_id";
                        return Err(ApiError::field(self.field, rule));
                    }
                };
                self.refuse(|_| true)?;
                Ok(subject)
            }
            _ => Err(ApiError::field("type", "must be access or authorization")),
        }
    }

    /// The resource, which must have these tags.
    pub fn resource(mut self, tags: Vec<Attribute>) -> Result<Resource> {
        let account_id = self.required("accountId")?;
        let service_name = self.optional("serviceName");
        let service_instance = self.optional("serviceInstance");
        let is_secret_group = self.values.iter().any(|it| {
            it.key == "resourceType" && it.operator == EQUALS && it.value == SECRET_GROUP
        });
        let secret_group_id = match is_secret_group {
            true => {
                self.optional("resourceType");
                Some(self.required("resource")?)
            }
            false => None,
        };
        Ok(Resource {
            account_id,
            service_name,
            service_instance,
            secret_group_id,
            more: self.values,
            tags,
        })
    }

    fn refuse(&self, unknown: impl Fn(&&Attribute) -> bool) -> Result<()> {
        match self.values.iter().find(unknown) {
            None => Ok(()),
            Some(Attribute { key, .. }) => {
                Err(ApiError::field(self.field, &format!("attribute {key} is not supported")))
            }
        }
    }
}

/// A list of attributes or tags, if there is one.
pub fn attributes(
    fields: &mut Fields,
    field: &'static str,
    list: &str,
    api: PolicyApi,
) -> Result<Option<Vec<Attribute>>> {
    let Some(items) = fields.value(list) else {
        return Ok(None);
    };
    let Value::Array(items) = items else {
        return Err(ApiError::field(field, &format!("{list} must be a list")));
    };
    let mut attributes = Vec::<Attribute>::with_capacity(items.len());
    for item in items {
        let attribute = attribute(Fields::nested(field, item)?, field, api)?;
        if attributes.iter().any(|other| other.key == attribute.key) && list == "attributes" {
            let rule = format!("attribute {} is given twice", attribute.key);
            return Err(ApiError::field(field, &rule));
        }
        attributes.push(attribute);
    }
    Ok(Some(attributes))
}

fn attribute(mut item: Fields, field: &'static str, api: PolicyApi) -> Result<Attribute> {
    let key = item.required_text(key_name(api), rules::NOT_EMPTY)?;
    let value = item.value("value").ok_or_else(|| missing("value"))?;
    let operator = match api {
        PolicyApi::V1 => item.text("operator", rules::ANY)?.unwrap_or_else(|| EQUALS.to_owned()),
        PolicyApi::V2 => item.required_text("operator", rules::ANY)?,
    };
    item.finish()?;
    if !OPERATORS.contains(&operator.as_str()) {
        let rule = format!("the operator must be one of {}", OPERATORS.join(", "));
        return Err(ApiError::field(field, &rule));
    }
    // In version 1, every value is a string.
    let value = match (operator.as_str(), value) {
        ("stringExists", Value::String(text)) if text == "true" => json!(true),
        ("stringExists", Value::String(text)) if text == "false" => json!(false),
        (_, value) => value,
    };
    let is_valid = match (operator.as_str(), &value) {
        ("stringExists", value) => value.is_boolean(),
        (EQUALS | "stringMatch", Value::String(text)) => !text.is_empty(),
        (EQUALS | "stringMatch", _) => false,
        (_, Value::Array(items)) => !items.is_empty() && items.iter().all(Value::is_string),
        (_, _) => false,
    };
    if !is_valid {
        return Err(ApiError::field(field, &format!("the value of {key} does not fit {operator}")));
    }
    Ok(Attribute { key, operator, value })
}

/// The name of the field that holds an attribute's name.
fn key_name(api: PolicyApi) -> &'static str {
    match api {
        PolicyApi::V1 => "name",
        PolicyApi::V2 => "key",
    }
}

/// The attributes of a subject.
pub fn of_subject(subject: &Subject) -> Vec<Attribute> {
    match subject {
        Subject::IamId(id) => equals(&[("iam_id", Some(id))], &[]),
        Subject::AccessGroupId(id) => equals(&[("access_group_id", Some(id))], &[]),
        Subject::Service { account_id, service_name, service_instance, more } => {
            let known = [
                ("accountId", Some(account_id)),
                ("serviceName", Some(service_name)),
                ("serviceInstance", service_instance.as_ref()),
            ];
            equals(&known, more)
        }
    }
}

/// The attributes of a resource.
pub fn of_resource(resource: &Resource) -> Vec<Attribute> {
    let kind = SECRET_GROUP.to_owned();
    let known = [
        ("accountId", Some(&resource.account_id)),
        ("serviceName", resource.service_name.as_ref()),
        ("serviceInstance", resource.service_instance.as_ref()),
        ("resourceType", resource.secret_group_id.as_ref().map(|_| &kind)),
        ("resource", resource.secret_group_id.as_ref()),
    ];
    equals(&known, &resource.more)
}

fn equals(known: &[(&str, Option<&String>)], more: &[Attribute]) -> Vec<Attribute> {
    let known = known.iter().filter_map(|(key, value)| {
        Some(Attribute {
            key: (*key).to_owned(),
            operator: EQUALS.to_owned(),
            value: json!((*value)?),
        })
    });
    known.chain(more.iter().cloned()).collect()
}

/// Attributes as a version of the API writes them; a subject has no operators in version 1.
pub fn written(attributes: &[Attribute], api: PolicyApi, with_operator: bool) -> Vec<Value> {
    attributes
        .iter()
        .map(|Attribute { key, operator, value }| {
            let value = match (api, value) {
                (PolicyApi::V1, Value::Bool(flag)) => json!(flag.to_string()),
                _ => value.clone(),
            };
            let mut item = json!({ key_name(api): key, "value": value });
            if let (true, Some(fields)) = (with_operator, item.as_object_mut()) {
                fields.insert("operator".to_owned(), json!(operator));
            }
            item
        })
        .collect()
}
