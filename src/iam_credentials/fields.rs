//! Each attribute of IAM credentials, said once.
//!
//! What an update does to a computed attribute is a claim about the service
//! (ibm-api.md 2.4, 4.5): a key and its lease change only by rotation.

use std::collections::{BTreeMap, BTreeSet};

use super::ttl::{TTL_RULE, Ttl, same_ttl};
use crate::framework::check::{Rule, count, length, made_of, text as text_check};
use crate::framework::field::{Field, FieldSet, Kind, flag, list, map, number, text};
use crate::framework::value::ValueAny;
use crate::scope::duration::{DURATION_RULE, parse};
use crate::scope::{self, NAME_RULE, both_blank, is_name, timeouts};

/// The most that custom metadata may take, in bytes of JSON (ibm-api.md 2.2).
const METADATA_BYTES: usize = 10_240;

/// Named when a plan rotates: what changes with a new key depends on it.
pub(super) const RENEWAL: &str = "ready_for_renewal";

/// The declaration of `ibm_sm_iam_credentials_secret` (ibm-api.md 5.4).
pub(super) fn fields() -> FieldSet {
    let mut fields = scope::fields();
    fields.extend(given());
    fields.extend(renewal());
    fields.extend(learned());
    fields.push(timeouts::field());
    FieldSet::new(
        "An IAM credentials secret: an API key with a lease, made by the IAM credentials engine of \
         a Secrets Manager instance for a service ID or for access groups.",
        fields,
    )
}

/// What the user may say of a lease, which is a secret of one run.
pub(super) fn of_a_lease() -> Vec<Field> {
    let named = |field: &Field| {
        ["ttl", "access_groups", "service_id", "account_id", "secret_group_id"]
            .contains(&field.name)
    };
    given().into_iter().filter(named).map(Field::unmanaged).collect()
}

/// What the user may say.
fn given() -> Vec<Field> {
    vec![
        text("name").required().check(length(2, 256)).check(text_check(NAME_RULE, is_name)).about(
            "The secret's name, unique among the IAM credentials of the instance; 2 to 256 \
                 characters. The API key in IAM is named after it when the secret is created.",
        ),
        text("description")
            .check(length(0, 1024))
            .same_when(both_blank)
            .about("What the credentials are for; up to 1024 characters."),
        text("secret_group_id")
            .optional_computed()
            .requires_replace()
            .keeps()
            .about("The id of the secret group. Default: the group `default`."),
        list("labels", Kind::Text)
            .optional_computed()
            .keeps()
            .when_dropped(ValueAny::List(vec![]))
            .check(count(0, 30))
            .check_each(length(2, 64))
            .about("Labels to search by: up to 30, each of 2 to 64 characters."),
        text("ttl")
            .required()
            .check(text_check(TTL_RULE, |text| Ttl::parse(text).is_some()))
            .same_when(same_ttl)
            .about(
                "How long a key lives, from 1 minute to 90 days: seconds, or a number with one of \
                 the units `s`, `m`, `h`, `d`. A change takes effect at the next rotation.",
            ),
        list("access_groups", Kind::Text)
            .requires_replace()
            .same_when(same_members)
            .check(count(1, 10))
            .check_each(text_check("have the form AccessGroupId-<uuid>", is_access_group))
            .about(
                "Ids of 1 to 10 access groups. The engine makes a service ID in them for the key. \
                 Exactly one of `access_groups` and `service_id` is needed.",
            ),
        text("service_id")
            .optional_computed()
            .requires_replace()
            .keeps_unless(&[RENEWAL])
            .check(text_check("have the form ServiceId-<uuid>", is_service_id))
            .about("The id of an existing service ID to make the key for."),
        text("account_id")
            .optional_computed()
            .requires_replace()
            .keeps()
            .check(text_check(
                "be the id of an account: up to 32 lower-case letters and digits",
                is_account,
            ))
            .about(
                "The account of the service ID or access groups, if it is not the instance's. The \
                 engine then needs service-to-service authorizations in that account.",
            ),
        flag("reuse_api_key").default(ValueAny::Bool(true)).requires_replace().about(
            "Whether the key stays the same until its lease ends. With `false` every read of the \
             value makes a new key; Terraform then never reads it and `api_key` stays null.",
        ),
        list("rotation", rotation_kind())
            .optional_computed()
            .keeps()
            .when_dropped(no_rotation())
            .same_when(same_rotation)
            .check(count(1, 1))
            .about(
                "When the service makes a new key by itself: `auto_rotate`, and with it `interval` \
                 and `unit` (`day` or `month`). Written as a block or as a list of one object. \
                 Needs `reuse_api_key`.",
            ),
        map("custom_metadata", Kind::Text)
            .optional_computed()
            .keeps()
            .when_dropped(ValueAny::Map(BTreeMap::new()))
            .check(metadata_size())
            .about("Your own data about the secret, up to 10 KB. Not for secrets."),
        map("version_custom_metadata", Kind::Text)
            .same_when(both_blank)
            .check(metadata_size())
            .about("Your own data about the current version, up to 10 KB. Not for secrets."),
    ]
}

/// What the official provider does not have: where the key goes, and when it is
/// replaced.
fn renewal() -> Vec<Field> {
    vec![
        flag("store_api_key").about(
            "Whether the state holds the key. Default: true, as the official provider does. With \
             `false` no plan, apply or refresh reads it; use the ephemeral resource \
             `ibm_sm_iam_credentials_secret` where it is needed.",
        ),
        map("rotation_triggers", Kind::Text).about(
            "Any strings; when one of them changes, the secret is rotated in place: a new key, \
             while the one before works until its own lease ends.",
        ),
        text("early_renewal").check(text_check(DURATION_RULE, |text| parse(text).is_some())).about(
            "A duration such as `7d`. Once the lease ends within it, or has ended, or the key was \
             deleted in IAM, the next apply rotates. Off by default.",
        ),
        flag(RENEWAL).computed().keeps().about(
            "Whether `early_renewal` says that the next apply rotates; judged by the clock of the \
             service at the last refresh.",
        ),
    ]
}

/// What only the service says.
fn learned() -> Vec<Field> {
    vec![
        text("api_key")
            .computed()
            .sensitive()
            .keeps_unless(&[RENEWAL, "store_api_key"])
            .about("The API key."),
        text("api_key_id")
            .computed()
            .keeps_unless(&[RENEWAL])
            .about("The id of the API key in IAM."),
        flag("service_id_is_static")
            .computed()
            .keeps()
            .about("Whether `service_id` is an existing one of yours, and not made by the engine."),
        text("secret_id").computed().keeps().about("The id of the secret in the instance."),
        text("secret_type").computed().keeps().about("Always `iam_credentials`."),
        text("crn").computed().keeps().about("The cloud resource name of the secret."),
        text("created_by").computed().keeps().about("The IAM id of the creator."),
        text("created_at").computed().keeps().about("When the secret was made, RFC 3339."),
        text("updated_at").computed().about("When it last changed or was read, RFC 3339."),
        text("retrieved_at")
            .computed()
            .about("When the key was last read, RFC 3339; 1970 if it never was."),
        text("expiration_date")
            .computed()
            .keeps_unless(&[RENEWAL])
            .about("When the current key ends, RFC 3339."),
        text("next_rotation_date")
            .computed()
            .keeps_unless(&["rotation", RENEWAL])
            .about("When the service makes the next key by itself, RFC 3339."),
        flag("downloaded").computed().about("Whether the current key was ever read."),
        number("locks_total").computed().about("How many locks its versions have."),
        number("versions_total").computed().about("How many versions the service remembers."),
        number("state")
            .computed()
            .about("0 pre-activation, 1 active, 2 suspended, 3 deactivated, 5 destroyed."),
        text("state_description").computed().about("The state in IBM's words."),
    ]
}

/// The shape of `rotation`.
fn rotation_kind() -> Kind {
    Kind::Object(vec![
        ("auto_rotate", Kind::Flag),
        ("interval", Kind::Number),
        ("unit", Kind::Text),
    ])
}

/// The rotation that a secret has when nobody asks for one.
fn no_rotation() -> ValueAny {
    ValueAny::List(vec![ValueAny::Map(BTreeMap::from([
        ("auto_rotate".to_owned(), ValueAny::Bool(false)),
        ("interval".to_owned(), ValueAny::Null),
        ("unit".to_owned(), ValueAny::Null),
    ]))])
}

/// Whether both say that the service does not rotate. Interval and unit mean
/// nothing then; the official provider stores zeros for them.
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

/// Whether two lists name the same things in any order.
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

/// The size of a map as JSON.
fn metadata_size() -> Rule {
    Box::new(|value| {
        let ValueAny::Map(entries) = value else { return Ok(()) };
        // Each entry is `"key":"value",`.
        let bytes: usize = entries
            .iter()
            .map(|(key, value)| match value {
                ValueAny::String(text) => key.len() + text.len() + 6,
                _ => key.len() + 6,
            })
            .sum();
        if bytes <= METADATA_BYTES {
            Ok(())
        } else {
            Err(format!("take up to {METADATA_BYTES} bytes as JSON, and takes {bytes}"))
        }
    })
}

fn is_access_group(id: &str) -> bool {
    id.strip_prefix("AccessGroupId-").is_some_and(|rest| made_of(rest, "-"))
}

fn is_service_id(id: &str) -> bool {
    id.strip_prefix("ServiceId-").is_some_and(|rest| made_of(rest, "-"))
}

fn is_account(id: &str) -> bool {
    id.len() <= 32 && made_of(id, "") && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::super::model::State;
    use super::*;
    use crate::framework::codec::to_object;

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
    fn the_model_has_exactly_the_declared_attributes() {
        let model: BTreeSet<String> = to_object(&State::default()).unwrap().into_keys().collect();
        let declared: BTreeSet<String> =
            fields().iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(model, declared);
    }

    #[test]
    fn rotations_that_are_off_are_the_same_and_others_are_not() {
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
    fn ids_of_iam_have_their_form() {
        assert!(is_access_group("AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"));
        assert!(!is_access_group("AccessGroupId-"));
        assert!(is_service_id("ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"));
        assert!(!is_service_id("iam-ServiceId-f4b2deac"));
        assert!(is_account("0123456789abcdef0123456789abcdef"));
        assert!(!is_account("0123456789ABCDEF"));
    }

    #[test]
    fn metadata_is_bounded_by_its_size_as_json() {
        let entry = |bytes: usize| {
            ValueAny::Map(BTreeMap::from([("k".to_owned(), ValueAny::String("x".repeat(bytes)))]))
        };
        assert_eq!(metadata_size()(&entry(METADATA_BYTES - 7)), Ok(()));
        assert_eq!(
            metadata_size()(&entry(METADATA_BYTES - 6)),
            Err("take up to 10240 bytes as JSON, and takes 10241".to_owned())
        );
    }
}
