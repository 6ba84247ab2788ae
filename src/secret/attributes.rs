//! The attributes of every secret, each declared once.
//!
//! What an update does to a computed attribute is a claim about the service (ibm-api.md 2.4).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::kind::SecretKind;
use crate::framework::schema::{Attribute, Type, boolean, list, map, number, string};
use crate::framework::validators::{Validator, checked, count, length, matching};
use crate::framework::value::ValueAny;
use crate::units::id::{OBJECT_ID_RULE, check_object_id};
use crate::units::name::{NAME_RULE, is_name};

/// The maximum size of custom metadata, in bytes of JSON (ibm-api.md 2.2).
const METADATA_BYTES: usize = 10_240;

/// All attributes of a secret type. An attribute of its own replaces a common one of the same name.
pub(super) fn attributes<K: SecretKind>() -> Vec<Attribute> {
    let own = K::attributes();
    let is_own = |name: &str| own.iter().any(|attribute| attribute.name == name);
    let mut attributes: Vec<Attribute> =
        given().into_iter().chain(computed::<K>()).filter(|common| !is_own(common.name)).collect();
    attributes.extend(own);
    attributes
}

/// The attribute `name`, for a secret type that describes it further.
pub fn name_attribute() -> Attribute {
    string("name").required().validator(length(2, 256)).validator(matching(NAME_RULE, is_name))
}

/// The attribute `secret_group_id`.
pub fn secret_group_attribute() -> Attribute {
    string("secret_group_id")
        .optional_computed()
        .requires_replace()
        .use_state_for_unknown()
        .validator(checked(OBJECT_ID_RULE, check_object_id))
        .description("The id of the secret group. Default: the group `default`.")
}

/// The attributes that the user may set.
fn given() -> Vec<Attribute> {
    vec![
        name_attribute().description(
            "The secret's name, unique among the secrets of its type in the instance.",
        ),
        string("description")
            .validator(length(0, 1024))
            .blank_is_absent()
            .description("What the secret is for."),
        secret_group_attribute(),
        list("labels", Type::String)
            .optional_computed()
            .use_state_for_unknown()
            .reset_when_removed(ValueAny::List(vec![]))
            .validator(count(0, 30))
            .element_validator(length(2, 64))
            .description("Labels to search by."),
        map("custom_metadata", Type::String)
            .optional_computed()
            .use_state_for_unknown()
            .reset_when_removed(ValueAny::Map(BTreeMap::new()))
            .validator(metadata_size())
            .description("Your own data about the secret. Not for secrets."),
        map("version_custom_metadata", Type::String)
            .blank_is_absent()
            .validator(metadata_size())
            .description("Your own data about the current version. Not for secrets."),
    ]
}

/// The attributes that only the service sets.
fn computed<K: SecretKind>() -> Vec<Attribute> {
    let constant = |attribute: Attribute| attribute.computed().use_state_for_unknown();
    let of_versions =
        |attribute: Attribute| attribute.computed().use_state_for_unknown_unless(K::NEW_VALUE);
    vec![
        constant(string("secret_id")).description("The id of the secret in the instance."),
        constant(string("secret_type")).description("IBM's name for the secret's type."),
        constant(string("crn")).description("The cloud resource name of the secret."),
        constant(string("created_by")).description("The IAM id of the creator."),
        constant(string("created_at")).description("When the secret was created, RFC 3339."),
        string("updated_at").computed().description("When it last changed or was read, RFC 3339."),
        of_versions(boolean("downloaded")).description("Whether the current value was ever read."),
        of_versions(number("locks_total")).description("How many locks its versions have."),
        of_versions(number("versions_total"))
            .description("How many versions the service has retained."),
        of_versions(number("state"))
            .description("0 pre-activation, 1 active, 2 suspended, 3 deactivated, 5 destroyed."),
        of_versions(string("state_description")).description("The state in IBM's words."),
    ]
}

/// An attribute of a secret that is looked up, with a description that does not speak of setting it.
pub(super) fn found_attribute<K: SecretKind>(attribute: Attribute) -> Attribute {
    let description = match attribute.name {
        "secret_group_id" => Cow::Borrowed("The id of the secret group that the secret is in."),
        "custom_metadata" => Cow::Borrowed("The owner's own data about the secret."),
        name => {
            K::found_description(name).map_or_else(|| attribute.description.clone(), Cow::Borrowed)
        }
    };
    attribute.read_only().description(description)
}

/// The size of a map as JSON.
fn metadata_size() -> Validator {
    let rule = format!("take up to {METADATA_BYTES} bytes as JSON");
    Validator::new(rule.clone(), move |value| {
        let ValueAny::Map(entries) = value else { return Ok(()) };
        // Each entry is `"key":"value",`.
        let bytes: usize = entries
            .iter()
            .map(|(key, value)| match value {
                ValueAny::String(text) => key.len() + text.len() + 6,
                _ => key.len() + 6,
            })
            .sum();
        if bytes <= METADATA_BYTES { Ok(()) } else { Err(format!("{rule}, and takes {bytes}")) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_bounded_by_its_size_as_json() {
        let entry = |bytes: usize| {
            ValueAny::Map(BTreeMap::from([("k".to_owned(), ValueAny::String("x".repeat(bytes)))]))
        };
        assert_eq!(metadata_size().check(&entry(METADATA_BYTES - 7)), Ok(()));
        assert_eq!(
            metadata_size().check(&entry(METADATA_BYTES - 6)),
            Err("take up to 10240 bytes as JSON, and takes 10241".to_owned())
        );
    }
}
