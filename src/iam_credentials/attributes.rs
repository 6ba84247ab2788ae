//! The attributes of IAM credentials, each declared once.
//!
//! What an update does to a computed attribute is a claim about the service (ibm-api.md 2.4, 4.5):
//! a key and its expiry change only by rotation.

use std::collections::{BTreeMap, BTreeSet};

use crate::framework::schema::{Attribute, Type, boolean, list, map, number, string};
use crate::framework::validators::{checked, count, matching};
use crate::framework::value::ValueAny;
use crate::secret::name_attribute;
use crate::units::duration::{DURATION_RULE, Span};
use crate::units::id::{
    ACCESS_GROUP_ID_RULE, SERVICE_ID_RULE, check_access_group_id, check_service_id,
};
use crate::units::name::is_account_id;
use crate::units::ttl::{TTL_RULE, Ttl};

/// The attribute that a plan changes if it rotates; all that a new key changes depends on it.
pub(super) const READY_FOR_RENEWAL: &str = "ready_for_renewal";

/// What makes a new key, or has the key read.
pub(super) const NEW_KEY: &[&str] = &[READY_FOR_RENEWAL, "store_api_key"];

/// The attributes of `ibm_sm_iam_credentials_secret` beside the common ones (ibm-api.md 5.4).
pub(super) fn attributes() -> Vec<Attribute> {
    let mut attributes = vec![name_attribute().description(
        "The secret's name, unique among the IAM credentials of the instance. The API key in IAM is named after it when the secret is created.",
    )];
    attributes.extend(given());
    attributes.extend(settings());
    attributes.extend(computed());
    attributes
}

/// The attributes that the user may set for a lease, which is a secret for one run.
pub(super) fn lease_attributes() -> impl Iterator<Item = Attribute> {
    let named = |attribute: &Attribute| {
        ["ttl", "access_groups", "service_id", "account_id"].contains(&attribute.name)
    };
    given().into_iter().filter(named)
}

/// The description of an attribute where it is looked up instead of set.
pub(super) fn found_description(name: &str) -> Option<&'static str> {
    Some(match name {
        "ttl" => "The lifetime of the next key: seconds, or a number with a unit.",
        "access_groups" => "Ids of the access groups that the service ID of the key is in.",
        "service_id" => "The service ID of the key.",
        "account_id" => {
            "The account of the service ID or access groups, if it is not the instance's."
        }
        "reuse_api_key" => {
            "Whether the key stays the same until it expires. With `false`, every read of the value \
             creates a new key."
        }
        "rotation" => "How the service rotates the key automatically.",
        _ => return None,
    })
}

/// The attributes that the user may set.
fn given() -> Vec<Attribute> {
    vec![
        string("ttl")
            .required()
            .validator(matching(TTL_RULE, |text| text.parse::<Ttl>().is_ok()))
            .semantic_equality(same_ttl)
            .description("The lifetime of a key. A change takes effect at the next rotation."),
        list("access_groups", Type::String)
            .requires_replace()
            .semantic_equality(same_members)
            .validator(count(1, 10))
            .element_validator(checked(ACCESS_GROUP_ID_RULE, check_access_group_id))
            .description(
                "Ids of access groups. The engine creates a service ID in them for the key. \
                 Exactly one of `access_groups` and `service_id` is required.",
            ),
        string("service_id")
            .optional_computed()
            .requires_replace()
            .use_state_for_unknown_unless(&[READY_FOR_RENEWAL])
            .validator(checked(SERVICE_ID_RULE, check_service_id))
            .description("The id of an existing service ID for which to create the key."),
        string("account_id")
            .optional_computed()
            .requires_replace()
            .use_state_for_unknown()
            .validator(matching(
                "be the id of an account: up to 32 lower-case letters and digits",
                is_account_id,
            ))
            .description(
                "The account of the service ID or access groups, if it is not the instance's. The \
                 engine then needs service-to-service authorizations in that account.",
            ),
        boolean("reuse_api_key").default(ValueAny::Bool(true)).requires_replace().description(
            "Whether the key stays the same until it expires. With `false`, every read of the \
             value creates a new key; Terraform then never reads it, and `api_key` is always null.",
        ),
        list("rotation", rotation_type())
            .optional_computed()
            .use_state_for_unknown()
            .reset_when_removed(no_rotation())
            .semantic_equality(same_rotation)
            .validator(count(1, 1))
            .description(
                "How the service rotates the key automatically. Written as a block or as a list of \
                 one object; `auto_rotate` is required in it, and with `auto_rotate = true` also \
                 `interval` and `unit`. Requires `reuse_api_key`.",
            )
            .members(ROTATION),
    ]
}

/// The attributes that the official provider lacks: whether the key is stored, and when it is rotated.
fn settings() -> Vec<Attribute> {
    vec![
        boolean("store_api_key").description(
            "Whether the state contains the key. Default: what the provider block says, or else true, \
             as with the official provider. With `false` no plan, apply or refresh reads it; use \
             the ephemeral resource `ibm_sm_iam_credentials_secret` where it is needed.",
        ),
        map("rotation_triggers", Type::String).description(
            "Any strings. When one of them changes, the secret is rotated in place: it gets a new \
             key, while the previous one works until it expires.",
        ),
        string("early_renewal")
            .validator(matching(DURATION_RULE, |text| text.parse::<Span>().is_ok()))
            .description(
                "If the key expires within this duration, has expired, or was deleted in IAM, the \
                 next apply rotates. Off by default.",
            ),
        boolean(READY_FOR_RENEWAL).computed().use_state_for_unknown().description(
            "Whether the next apply rotates because of `early_renewal`, by the service's clock at \
             the last refresh.",
        ),
        number("key_version")
            .computed()
            .use_state_for_unknown_unless(&[READY_FOR_RENEWAL])
            .description(
                "A number that rises with each new key, whoever makes it, and when the secret is \
                 replaced; the first read of a key does not move it. It is meant as the version of \
                 a write-only argument that takes the key. Null with `reuse_api_key = false`.",
            ),
    ]
}

/// The attributes that only the service sets.
fn computed() -> Vec<Attribute> {
    vec![
        string("api_key")
            .computed()
            .sensitive()
            .use_state_for_unknown_unless(NEW_KEY)
            .description("The API key."),
        string("api_key_id")
            .computed()
            .use_state_for_unknown_unless(&[READY_FOR_RENEWAL])
            .description("The id of the API key in IAM."),
        boolean("service_id_is_static").computed().use_state_for_unknown().description(
            "Whether `service_id` is an existing one of yours, and not created by the engine.",
        ),
        string("retrieved_at")
            .computed()
            .use_state_for_unknown_unless(NEW_KEY)
            .description("When the key was last read, RFC 3339; 1970 if it never was."),
        string("expiration_date")
            .computed()
            .use_state_for_unknown_unless(&[READY_FOR_RENEWAL])
            .description("When the current key expires, RFC 3339."),
        string("next_rotation_date")
            .computed()
            .use_state_for_unknown_unless(&["rotation", READY_FOR_RENEWAL])
            .description("When the service next rotates the key automatically, RFC 3339."),
    ]
}

/// What the members of `rotation` are.
const ROTATION: &[(&str, &str)] = &[
    ("auto_rotate", "Whether it does."),
    ("interval", "How many units lie between two rotations; 1 or more."),
    ("unit", "The unit of the interval: `day` or `month`."),
];

/// The type of `rotation`.
fn rotation_type() -> Type {
    Type::Object(vec![
        ("auto_rotate", Type::Bool),
        ("interval", Type::Number),
        ("unit", Type::String),
    ])
}

/// The rotation of a secret for which none was configured.
fn no_rotation() -> ValueAny {
    ValueAny::List(vec![ValueAny::Map(BTreeMap::from([
        ("auto_rotate".to_owned(), ValueAny::Bool(false)),
        ("interval".to_owned(), ValueAny::Null),
        ("unit".to_owned(), ValueAny::Null),
    ]))])
}

/// Whether both turn automatic rotation off. Interval and unit have no meaning
/// then; the official provider stores zeros for them.
fn same_rotation(left: &ValueAny, right: &ValueAny) -> bool {
    let off = |rotation: &ValueAny| match rotation {
        ValueAny::List(policies) => policies.iter().all(|policy| match policy {
            ValueAny::Map(policy) => policy.get("auto_rotate") == Some(&ValueAny::Bool(false)),
            _ => false,
        }),
        _ => false,
    };
    off(left) && off(right)
}

/// Whether two lists have the same elements, in any order.
fn same_members(left: &ValueAny, right: &ValueAny) -> bool {
    let members = |list: &ValueAny| match list {
        ValueAny::List(items) => items
            .iter()
            .map(|item| match item {
                ValueAny::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect::<Option<BTreeSet<_>>>(),
        _ => None,
    };
    match (members(left), members(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// Whether two values are the same ttl in different forms.
fn same_ttl(left: &ValueAny, right: &ValueAny) -> bool {
    match (left, right) {
        (ValueAny::String(left), ValueAny::String(right)) => {
            left.parse::<Ttl>().is_ok_and(|left| right.parse() == Ok(left))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation(auto_rotate: bool, interval: ValueAny, unit: ValueAny) -> ValueAny {
        ValueAny::List(vec![ValueAny::Map(BTreeMap::from([
            ("auto_rotate".to_owned(), ValueAny::Bool(auto_rotate)),
            ("interval".to_owned(), interval),
            ("unit".to_owned(), unit),
        ]))])
    }

    fn strings(items: &[&str]) -> ValueAny {
        ValueAny::List(items.iter().map(|item| ValueAny::String((*item).to_owned())).collect())
    }

    #[test]
    fn rotations_that_are_off_are_semantically_equal_and_others_are_not() {
        let zeros = rotation(false, ValueAny::Number(0), ValueAny::String(String::new()));
        let monthly = rotation(true, ValueAny::Number(1), ValueAny::String("month".to_owned()));
        assert!(same_rotation(&no_rotation(), &zeros));
        assert!(same_rotation(&ValueAny::List(vec![]), &zeros));
        assert!(!same_rotation(&monthly, &monthly.clone()));
        assert!(!same_rotation(&monthly, &zeros));
        assert!(!same_rotation(&ValueAny::Null, &zeros));
        assert!(!same_rotation(&ValueAny::Unknown, &zeros));
    }

    #[test]
    fn the_order_of_access_groups_does_not_matter() {
        assert!(same_members(&strings(&["a", "b"]), &strings(&["b", "a"])));
        assert!(!same_members(&strings(&["a"]), &strings(&["a", "b"])));
        assert!(!same_members(&ValueAny::Null, &ValueAny::Null));
        let unknown = ValueAny::List(vec![ValueAny::Unknown]);
        assert!(!same_members(&unknown, &unknown));
    }

    #[test]
    fn different_forms_of_one_ttl_are_semantically_equal_and_nonsense_is_not() {
        let string = |text: &str| ValueAny::String(text.to_owned());
        assert!(same_ttl(&string("30m"), &string("1800")));
        assert!(!same_ttl(&string("30m"), &string("1801")));
        assert!(!same_ttl(&string("abc"), &string("def")));
        assert!(!same_ttl(&ValueAny::Null, &string("60")));
        assert!(!same_ttl(&ValueAny::Unknown, &ValueAny::Unknown));
    }
}
