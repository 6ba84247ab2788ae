//! What every noun shares: the instance that an object is in, its id, the
//! connection to it, how an error of the service is told, and how a duration is
//! written.

pub mod connection;
pub mod duration;
pub mod failure;
pub mod id;
pub mod timeouts;

use serde::{Deserialize, Serialize};

use self::connection::Instance;
use self::id::ObjectId;
use crate::framework::check::{length, made_of, one_of, text as text_check};
use crate::framework::field::{Field, OnUpdate, text};
use crate::framework::value::{Value, ValueAny, is_blank, text as known};

/// The attributes that place an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// `region/instance_id/object`; lookups, filters and actions have none.
    #[serde(default)]
    pub id: Value<String>,
    /// The GUID of the service instance.
    pub instance_id: Value<String>,
    /// The instance's region.
    pub region: Value<String>,
    /// `public` or `private`.
    pub endpoint_type: Value<String>,
}

/// The declaration of [`Scope`] (ibm-api.md 5.3).
pub fn fields() -> Vec<Field> {
    vec![
        text("id")
            .computed()
            .keeps()
            .about("The object's id in Terraform: `<region>/<instance_id>/<object>`."),
        text("instance_id")
            .required()
            .requires_replace()
            .check(text_check("be the GUID of a service instance", |id| made_of(id, "-")))
            .about("The GUID of the Secrets Manager instance."),
        text("region")
            .optional_computed()
            .requires_replace()
            .keeps()
            .check(text_check("be a region such as us-south", |region| made_of(region, "-")))
            .about("The region of the instance. Default: the region of the provider."),
        text("endpoint_type").check(one_of(&["public", "private"])).about(
            "Which endpoint of the instance to use, `public` or `private`. Default: the \
             `visibility` of the provider.",
        ),
    ]
}

/// An attribute as a data source has it: the user says where to look, and the
/// rest is found.
pub fn found(field: Field) -> Field {
    match field.name {
        "instance_id" | "region" | "endpoint_type" => field,
        _ => field.read_only(),
    }
}

/// The filter on texts, which every list has.
pub fn search(description: &'static str) -> Field {
    text("search").check(length(2, 128)).about(description)
}

/// Whether the text is the id of a secret or of a group: a UUID, or `default`.
pub fn is_object_id(id: &str) -> bool {
    made_of(id, "-")
}

/// The rule of [`is_object_id`] in words that follow "must".
pub const OBJECT_ID_RULE: &str = "be an id: letters, digits and dashes";

/// The declaration of what names an instance where nothing is managed: in
/// lookups, filters and actions.
pub fn lookup_fields() -> Vec<Field> {
    fields().into_iter().filter(|field| field.name != "id").map(without_management).collect()
}

fn without_management(field: Field) -> Field {
    Field { requires_replace: false, on_update: OnUpdate::Unknown, ..field }
}

/// The filters that every list begins with. Nothing in a list's configuration
/// is computed.
pub fn filters() -> Vec<Field> {
    lookup_fields()
        .into_iter()
        .map(|field| if field.name == "region" { field.optional() } else { field })
        .collect()
}

impl Scope {
    /// The scope of an object in the instance, with what the user wrote kept.
    pub fn of(&self, instance: &Instance, object: &str) -> Scope {
        let id = instance.id(object);
        Scope {
            id: known(id.to_string()),
            instance_id: known(id.instance_id),
            region: known(id.region),
            endpoint_type: self.endpoint_type.clone(),
        }
    }

    /// The scope of a whole instance, with what the user wrote kept.
    pub fn whole(&self, instance: &Instance) -> Scope {
        Scope {
            id: known(format!("{}/{}", instance.region, instance.instance_id)),
            instance_id: known(&instance.instance_id),
            region: known(&instance.region),
            endpoint_type: self.endpoint_type.clone(),
        }
    }

    /// The scope of an object to import.
    pub fn imported(id: &ObjectId) -> Scope {
        Scope {
            id: known(id.to_string()),
            instance_id: known(&id.instance_id),
            region: known(&id.region),
            endpoint_type: Value::Null,
        }
    }
}

/// Whether neither value says anything: the service does not tell an empty text
/// or map from none.
pub fn both_blank(left: &ValueAny, right: &ValueAny) -> bool {
    is_blank(left) && is_blank(right)
}

/// Whether the name is one that Secrets Manager takes for secrets, groups and
/// configurations: letters, digits, `_`, `-` and `.`, a letter or digit last, a
/// letter, digit or `_` first (ibm-api.md 2.2).
pub fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let last = name.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    first && last && name.len() >= 2 && made_of(name, "_-.")
}

/// The rule of [`is_name`] in words that follow "must".
pub const NAME_RULE: &str = "consist of letters, digits, `_`, `-` and `.`, begin with a letter, \
                             digit or `_` and end with a letter or digit";

#[cfg(test)]
mod tests {
    use tf_provider::schema::AttributeConstraint;

    use super::*;

    #[test]
    fn names_follow_the_service() {
        for (name, valid) in [
            ("test-iam-credentials-secret", true),
            ("_a", true),
            ("a.b_c-1", true),
            ("a", false),
            ("-ab", false),
            ("ab-", false),
            ("ab_", false),
            ("a b", false),
            ("äb", false),
            ("", false),
        ] {
            assert_eq!(is_name(name), valid, "{name}");
        }
    }

    #[test]
    fn a_data_source_is_told_where_to_look_and_a_filter_computes_nothing() {
        let kept = |fields: Vec<Field>| -> Vec<(&'static str, AttributeConstraint)> {
            fields.into_iter().map(|field| (field.name, field.constraint)).collect()
        };
        let (given, filled) = (AttributeConstraint::Required, AttributeConstraint::Computed);
        let either = AttributeConstraint::OptionalComputed;
        let optional = AttributeConstraint::Optional;
        let name = text("name").required();
        assert_eq!(
            kept(fields().into_iter().chain([name]).map(found).collect()),
            [
                ("id", filled.clone()),
                ("instance_id", given.clone()),
                ("region", either),
                ("endpoint_type", optional.clone()),
                ("name", filled),
            ]
        );
        assert_eq!(
            kept(filters()),
            [("instance_id", given), ("region", optional.clone()), ("endpoint_type", optional)]
        );
    }
}
