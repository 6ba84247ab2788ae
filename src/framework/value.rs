//! Terraform's values, each of them known, null or unknown.
//!
//! The types come from `tf-provider`; this module adds what it lacks. An [`Object`]
//! maps a block's attribute names to values, the untyped form that the plan uses.

use std::collections::BTreeMap;

pub use tf_provider::value::{Value, ValueAny};

/// A block's value: one entry for each attribute.
pub type Object = BTreeMap<String, ValueAny>;

/// A list attribute of strings.
pub type StringList = Value<Vec<Value<String>>>;

/// A map attribute of strings.
pub type StringMap = Value<BTreeMap<String, Value<String>>>;

/// The attribute's value; null if it is missing.
pub fn attribute<'a>(object: &'a Object, name: &str) -> &'a ValueAny {
    const NULL: &ValueAny = &ValueAny::Null;
    object.get(name).unwrap_or(NULL)
}

/// Whether the value and everything in it is known (null counts as known).
pub fn wholly_known(value: &ValueAny) -> bool {
    match value {
        ValueAny::Unknown => false,
        ValueAny::List(items) => items.iter().all(wholly_known),
        ValueAny::Map(entries) => entries.values().all(wholly_known),
        ValueAny::Null | ValueAny::String(_) | ValueAny::Number(_) | ValueAny::Bool(_) => true,
    }
}

/// Replaces everything unknown by null, since a state must be wholly known.
pub fn unknown_to_null(value: ValueAny) -> ValueAny {
    match value {
        ValueAny::Unknown => ValueAny::Null,
        ValueAny::List(items) => ValueAny::List(items.into_iter().map(unknown_to_null).collect()),
        ValueAny::Map(entries) => ValueAny::Map(
            entries.into_iter().map(|(key, value)| (key, unknown_to_null(value))).collect(),
        ),
        known => known,
    }
}

/// Whether the value is null, or an empty string, list or map. Unknown is not blank,
/// since it may become anything.
pub fn is_blank(value: &ValueAny) -> bool {
    match value {
        ValueAny::Null => true,
        ValueAny::String(text) => text.is_empty(),
        ValueAny::List(items) => items.is_empty(),
        ValueAny::Map(entries) => entries.is_empty(),
        ValueAny::Number(_) | ValueAny::Bool(_) | ValueAny::Unknown => false,
    }
}

/// Whether both values are blank.
pub fn both_blank(left: &ValueAny, right: &ValueAny) -> bool {
    is_blank(left) && is_blank(right)
}

/// Shorthand for a known string.
pub fn known(value: impl Into<String>) -> Value<String> {
    Value::Value(value.into())
}

/// A known list of strings.
pub fn known_list<S: Into<String>>(items: impl IntoIterator<Item = S>) -> StringList {
    Value::Value(items.into_iter().map(known).collect())
}

/// The strings of a list. Null and unknown elements are skipped: validation refuses
/// null ones, and an apply never sees unknown ones.
pub fn known_strings(list: &[Value<String>]) -> Vec<String> {
    list.iter().filter_map(|item| item.as_deref_option().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_anywhere_makes_a_value_not_wholly_known() {
        let nested = ValueAny::List(vec![ValueAny::Map(BTreeMap::from([(
            "interval".to_owned(),
            ValueAny::Unknown,
        )]))]);
        assert!(!wholly_known(&nested));
        assert!(wholly_known(&ValueAny::Null));
        assert!(wholly_known(&unknown_to_null(nested.clone())));
        assert_eq!(
            unknown_to_null(nested),
            ValueAny::List(vec![ValueAny::Map(BTreeMap::from([(
                "interval".to_owned(),
                ValueAny::Null
            )]))])
        );
    }

    #[test]
    fn blank_is_null_or_empty_and_never_unknown() {
        for (value, blank) in [
            (ValueAny::Null, true),
            (ValueAny::String(String::new()), true),
            (ValueAny::List(vec![]), true),
            (ValueAny::Map(BTreeMap::new()), true),
            (ValueAny::Unknown, false),
            (ValueAny::Bool(false), false),
            (ValueAny::Number(0), false),
            (ValueAny::String(" ".to_owned()), false),
        ] {
            assert_eq!(is_blank(&value), blank, "{value:?}");
        }
    }
}
