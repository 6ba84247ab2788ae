//! Plans every resource: one pure pipeline over its schema.
//!
//! [`plan`] computes the planned state. [`settle`] stores what was planned after an
//! apply, and [`refreshed`] stores semantically equal values as the prior state has
//! them. Terraform's rules for this are in plugin-protocol.md 4.

use std::collections::BTreeSet;

use super::diag::AttributePath;
use super::schema::{Attribute, PlanModifier, Schema};
use super::value::{Object, ValueAny, attribute, is_blank, unknown_to_null, wholly_known};

/// The input of a plan; destroys are not planned here.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The prior state; `None` for a create.
    pub prior: Option<&'a Object>,
    /// The configuration, with the prior values of computed attributes that it omits.
    pub proposed: &'a Object,
    /// The configuration as the user wrote it.
    pub config: &'a Object,
    /// Attributes that the configuration set at the last apply.
    pub configured_before: &'a BTreeSet<String>,
    /// Computed attributes that this update changes, whatever the configuration says.
    pub planned_changes: &'a [&'static str],
}

/// The outcome of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The planned state, unknown where only the apply can tell.
    pub state: Object,
    /// The attributes that require replacement, sorted and unique.
    pub requires_replace: Vec<AttributePath>,
    /// Attributes that the configuration sets now and that are reset when they are
    /// removed from it.
    pub configured: BTreeSet<String>,
}

/// Plans a create or an update.
///
/// In order: write-only values become null; defaults are filled in; attributes that
/// were removed from the configuration are reset; values that are semantically equal
/// to the prior ones are replaced by them; then, if anything changes, computed
/// attributes become unknown as their plan modifiers say; last, the attributes that
/// require replacement are collected.
pub fn plan(schema: &Schema, request: PlanRequest<'_>) -> Planned {
    let PlanRequest { prior, proposed, config, configured_before, planned_changes } = request;
    let mut state: Object = schema
        .iter()
        .map(|declared| {
            let removed = configured_before.contains(declared.name);
            (declared.name.to_owned(), intended(declared, prior, proposed, config, removed))
        })
        .collect();
    mark_unknown(schema, prior, config, planned_changes, &mut state);
    let requires_replace = match prior {
        None => Vec::new(),
        Some(prior) => schema
            .iter()
            .filter(|declared| declared.requires_replace && decided_by_user(declared, config))
            .filter(|declared| attribute(prior, declared.name) != attribute(&state, declared.name))
            .map(|declared| declared.name)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(AttributePath::new)
            .collect(),
    };
    let configured = schema
        .iter()
        .filter(|declared| declared.reset_when_removed.is_some())
        .filter(|declared| *attribute(config, declared.name) != ValueAny::Null)
        .map(|declared| declared.name.to_owned())
        .collect();
    Planned { state, requires_replace, configured }
}

/// Whether the user decides the planned value, and not the service.
fn decided_by_user(declared: &Attribute, config: &Object) -> bool {
    !declared.is_computed()
        || declared.default.is_some()
        || *attribute(config, declared.name) != ValueAny::Null
}

/// The planned value, before computed attributes become unknown.
fn intended(
    declared: &Attribute,
    prior: Option<&Object>,
    proposed: &Object,
    config: &Object,
    configured_before: bool,
) -> ValueAny {
    if declared.write_only {
        return ValueAny::Null;
    }
    let before = prior.map_or(&ValueAny::Null, |prior| attribute(prior, declared.name));
    match attribute(config, declared.name) {
        ValueAny::Null => {
            if declared.blank_is_absent {
                return if is_blank(before) { before.clone() } else { ValueAny::Null };
            }
            let fallback = match (&declared.default, &declared.reset_when_removed) {
                (Some(default), _) => Some(default),
                (None, Some(reset)) if configured_before => Some(reset),
                (None, _) => None,
            };
            match fallback {
                Some(value) if declared.semantically_equal(before, value) => before.clone(),
                Some(value) => value.clone(),
                None => attribute(proposed, declared.name).clone(),
            }
        }
        // Terraform accepts a known planned value other than the configured one
        // only if it is the prior value, which null does not count as.
        given
            if *before != ValueAny::Null
                && wholly_known(given)
                && declared.semantically_equal(before, given) =>
        {
            before.clone()
        }
        given => given.clone(),
    }
}

fn mark_unknown(
    schema: &Schema,
    prior: Option<&Object>,
    config: &Object,
    planned_changes: &[&'static str],
    state: &mut Object,
) {
    let omitted = |declared: &&Attribute| {
        declared.is_computed()
            && declared.default.is_none()
            && !declared.blank_is_absent
            && *attribute(config, declared.name) == ValueAny::Null
    };
    let Some(prior) = prior else {
        for declared in schema.iter().filter(omitted) {
            state.insert(declared.name.to_owned(), ValueAny::Unknown);
        }
        return;
    };
    let changed: BTreeSet<&str> = schema
        .iter()
        .map(|declared| declared.name)
        .filter(|name| attribute(prior, name) != attribute(state, name))
        .chain(planned_changes.iter().copied())
        .collect();
    if changed.is_empty() {
        return;
    }
    for declared in schema.iter().filter(omitted) {
        let unknown = match declared.plan_modifier {
            PlanModifier::Unknown => true,
            PlanModifier::UseStateForUnknown => false,
            PlanModifier::UseStateForUnknownUnless(names) => {
                names.iter().any(|name| changed.contains(name))
            }
        };
        // A reset is decided by this plan, so its value is known.
        let unknown = unknown && !changed.contains(declared.name);
        if unknown || planned_changes.contains(&declared.name) {
            state.insert(declared.name.to_owned(), ValueAny::Unknown);
        }
    }
}

/// The state to store after an apply without errors: the planned values, and the
/// returned ones where the plan was unknown.
///
/// If the service returned something else than was planned, that shows as a change
/// at the next refresh, instead of failing the apply that already happened.
pub fn settle(schema: &Schema, planned: &Object, returned: Object) -> Object {
    schema
        .iter()
        .map(|declared| {
            let planned = attribute(planned, declared.name);
            let value = if wholly_known(planned) {
                planned.clone()
            } else {
                unknown_to_null(attribute(&returned, declared.name).clone())
            };
            (declared.name.to_owned(), value)
        })
        .collect()
}

/// The state to store after a read: the returned values, or the prior ones where they
/// are semantically equal.
///
/// `by_another_provider` says that another provider wrote the prior state. The
/// official one stores an empty string for an optional attribute that was never set.
/// Where that does not mean the same as null, it would differ for ever from a
/// configuration without it.
pub fn refreshed(
    schema: &Schema,
    prior: &Object,
    returned: Object,
    by_another_provider: bool,
) -> Object {
    schema
        .iter()
        .map(|declared| {
            let before = attribute(prior, declared.name);
            let before =
                if by_another_provider { without_placeholder(declared, before) } else { before };
            let now = unknown_to_null(attribute(&returned, declared.name).clone());
            let value =
                if declared.semantically_equal(before, &now) { before.clone() } else { now };
            (declared.name.to_owned(), value)
        })
        .collect()
}

/// A state that another provider wrote, without its placeholders for null.
pub fn adopted(schema: &Schema, state: &Object) -> Object {
    schema
        .iter()
        .map(|declared| {
            let value = without_placeholder(declared, attribute(state, declared.name));
            (declared.name.to_owned(), value.clone())
        })
        .collect()
}

fn without_placeholder<'a>(declared: &Attribute, value: &'a ValueAny) -> &'a ValueAny {
    const NULL: &ValueAny = &ValueAny::Null;
    if !declared.is_computed() && is_blank(value) { NULL } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{Type, boolean, list, number, string};
    use super::*;

    fn text(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    fn labels(items: &[&str]) -> ValueAny {
        ValueAny::List(items.iter().map(|item| text(item)).collect())
    }

    /// `010` and `10` are the same number.
    fn equal_numbers(left: &ValueAny, right: &ValueAny) -> bool {
        match (left, right) {
            (ValueAny::String(left), ValueAny::String(right)) => {
                left.trim_start_matches('0') == right.trim_start_matches('0')
            }
            _ => false,
        }
    }

    fn schema() -> Schema {
        Schema::new(
            "A thing.",
            vec![
                string("name").required(),
                string("description").blank_is_absent(),
                string("endpoint"),
                string("ttl").required().semantic_equality(equal_numbers),
                string("group")
                    .optional_computed()
                    .requires_replace()
                    .use_state_for_unknown_unless(&["renewal"]),
                list("labels", Type::String)
                    .optional_computed()
                    .reset_when_removed(labels(&[]))
                    .use_state_for_unknown(),
                boolean("reuse").default(ValueAny::Bool(true)).requires_replace(),
                string("id").computed().use_state_for_unknown(),
                string("next").computed().use_state_for_unknown_unless(&["ttl"]),
                number("reads").computed(),
                boolean("renewal").computed().use_state_for_unknown(),
                string("key_wo").write_only(),
            ],
        )
    }

    fn object(entries: &[(&str, ValueAny)]) -> Object {
        let mut object: Object =
            schema().iter().map(|declared| (declared.name.to_owned(), ValueAny::Null)).collect();
        object.extend(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        object
    }

    fn config(entries: &[(&str, ValueAny)]) -> Object {
        let mut config = object(&[("name", text("n")), ("ttl", text("10"))]);
        config.extend(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        config
    }

    fn prior() -> Object {
        object(&[
            ("name", text("n")),
            ("ttl", text("10")),
            ("group", text("default")),
            ("labels", labels(&["dev"])),
            ("reuse", ValueAny::Bool(true)),
            ("id", text("1")),
            ("next", text("soon")),
            ("reads", ValueAny::Number(3)),
        ])
    }

    /// What Terraform proposes: the configuration, with the prior values of computed
    /// attributes that it omits (plugin-protocol.md 4.1).
    fn proposed(prior: Option<&Object>, config: &Object) -> Object {
        schema()
            .iter()
            .map(|declared| {
                let given = attribute(config, declared.name);
                let value = if *given == ValueAny::Null && declared.is_computed() {
                    prior.map_or(ValueAny::Null, |prior| attribute(prior, declared.name).clone())
                } else {
                    given.clone()
                };
                (declared.name.to_owned(), value)
            })
            .collect()
    }

    fn planned(prior: Option<&Object>, config: &Object, configured: &[&str]) -> Planned {
        planned_with_changes(prior, config, configured, &[])
    }

    fn planned_with_changes(
        prior: Option<&Object>,
        config: &Object,
        configured: &[&str],
        planned_changes: &[&'static str],
    ) -> Planned {
        let configured_before = configured.iter().map(|name| (*name).to_owned()).collect();
        let proposed = proposed(prior, config);
        plan(
            &schema(),
            PlanRequest {
                prior,
                proposed: &proposed,
                config,
                configured_before: &configured_before,
                planned_changes,
            },
        )
    }

    fn paths(planned: &Planned) -> Vec<String> {
        planned.requires_replace.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_create_plans_omitted_computed_attributes_as_unknown() {
        let planned = planned(None, &config(&[("labels", labels(&["a"]))]), &[]);
        assert_eq!(planned.state["group"], ValueAny::Unknown);
        assert_eq!(planned.state["id"], ValueAny::Unknown);
        assert_eq!(planned.state["reads"], ValueAny::Unknown);
        assert_eq!(planned.state["reuse"], ValueAny::Bool(true));
        assert_eq!(planned.state["description"], ValueAny::Null);
        assert_eq!(planned.state["labels"], labels(&["a"]));
        assert_eq!(planned.configured, BTreeSet::from(["labels".to_owned()]));
        assert!(planned.requires_replace.is_empty());
    }

    #[test]
    fn without_a_change_the_plan_is_exactly_the_prior_state() {
        assert_eq!(planned(Some(&prior()), &config(&[]), &[]).state, prior());
    }

    #[test]
    fn a_semantically_equal_value_is_not_a_change() {
        let planned = planned(Some(&prior()), &config(&[("ttl", text("010"))]), &[]);
        assert_eq!(planned.state, prior());
    }

    #[test]
    fn an_update_uses_the_state_for_attributes_that_it_cannot_change() {
        let planned = planned(Some(&prior()), &config(&[("name", text("m"))]), &[]);
        assert_eq!(planned.state["id"], text("1"));
        assert_eq!(planned.state["next"], text("soon"));
        assert_eq!(planned.state["labels"], labels(&["dev"]));
        assert_eq!(planned.state["reads"], ValueAny::Unknown);
        assert!(planned.requires_replace.is_empty());
    }

    #[test]
    fn an_attribute_that_depends_on_a_changed_one_becomes_unknown() {
        let planned = planned(Some(&prior()), &config(&[("ttl", text("11"))]), &[]);
        assert_eq!(planned.state["next"], ValueAny::Unknown);
        assert_eq!(planned.state["id"], text("1"));
    }

    #[test]
    fn attributes_that_require_replacement_are_unique_and_sorted() {
        let changed = config(&[("reuse", ValueAny::Bool(false)), ("group", text("other"))]);
        assert_eq!(paths(&planned(Some(&prior()), &changed, &[])), ["group", "reuse"]);
        let unknown = config(&[("group", ValueAny::Unknown)]);
        assert_eq!(paths(&planned(Some(&prior()), &unknown, &[])), ["group"]);
    }

    #[test]
    fn a_planned_change_needs_no_change_in_the_configuration_and_replaces_nothing() {
        let planned = planned_with_changes(Some(&prior()), &config(&[]), &[], &["renewal"]);
        assert_eq!(planned.state["renewal"], ValueAny::Unknown);
        assert_eq!(planned.state["group"], ValueAny::Unknown);
        assert_eq!(planned.state["reads"], ValueAny::Unknown);
        assert_eq!(planned.state["id"], text("1"));
        assert!(planned.requires_replace.is_empty());
    }

    #[test]
    fn a_write_only_value_is_in_no_plan_and_not_a_change() {
        let given = config(&[("key_wo", text("hush"))]);
        assert_eq!(planned(Some(&prior()), &given, &[]).state, prior());
        assert_eq!(planned(None, &given, &[]).state["key_wo"], ValueAny::Null);
    }

    #[test]
    fn a_removed_attribute_is_reset_only_if_the_configuration_had_set_it() {
        let with = planned(Some(&prior()), &config(&[]), &["labels"]);
        assert_eq!(with.state["labels"], labels(&[]));
        assert_eq!(with.state["reads"], ValueAny::Unknown);
        assert!(with.configured.is_empty());
        let without = planned(Some(&prior()), &config(&[]), &[]);
        assert_eq!(without.state, prior());
    }

    #[test]
    fn an_unknown_configuration_value_stays_unknown() {
        let planned = planned(Some(&prior()), &config(&[("labels", ValueAny::Unknown)]), &[]);
        assert_eq!(planned.state["labels"], ValueAny::Unknown);
        assert_eq!(planned.configured, BTreeSet::from(["labels".to_owned()]));
    }

    #[test]
    fn a_state_of_another_provider_gets_a_default_that_it_lacks() {
        let mut theirs = prior();
        theirs.insert("reuse".to_owned(), ValueAny::Null);
        let planned = planned(Some(&theirs), &config(&[]), &[]);
        assert_eq!(planned.state["reuse"], ValueAny::Bool(true));
    }

    #[test]
    fn an_apply_stores_the_planned_values_and_returned_ones_for_the_rest() {
        let planned = planned(None, &config(&[]), &[]);
        let returned =
            object(&[("name", text("N")), ("id", text("7")), ("next", ValueAny::Unknown)]);
        let settled = settle(&schema(), &planned.state, returned);
        assert_eq!(settled["name"], text("n"));
        assert_eq!(settled["id"], text("7"));
        assert_eq!(settled["next"], ValueAny::Null);
    }

    #[test]
    fn a_read_stores_the_prior_value_if_it_is_semantically_equal() {
        let mut own = prior();
        own.insert("description".to_owned(), text(""));
        let returned = |ttl: &str| object(&[("ttl", text(ttl)), ("name", text("x"))]);
        let equal = refreshed(&schema(), &own, returned("0010"), false);
        assert_eq!(equal["ttl"], text("10"));
        assert_eq!(equal["name"], text("x"));
        assert_eq!(equal["description"], text(""));
        let other = refreshed(&schema(), &own, returned("12"), false);
        assert_eq!(other["ttl"], text("12"));
    }

    #[test]
    fn an_empty_text_means_the_same_as_none_and_the_state_keeps_its_spelling() {
        let null = ValueAny::Null;
        for (before, given, expected) in [
            (&null, &null, &null),
            (&text(""), &null, &text("")),
            (&text("x"), &null, &null),
            (&text(""), &text(""), &text("")),
            // Terraform lets nothing else be planned for a configured value.
            (&null, &text(""), &text("")),
            (&text("x"), &text(""), &text("")),
            (&text(""), &text("x"), &text("x")),
            (&text(""), &ValueAny::Unknown, &ValueAny::Unknown),
        ] {
            let mut prior = prior();
            prior.insert("description".to_owned(), before.clone());
            // Another change must not make it unknown either.
            for name in ["n", "m"] {
                let given = config(&[("description", given.clone()), ("name", text(name))]);
                let planned = planned(Some(&prior), &given, &[]);
                let case = format!("{before:?} {given:?}");
                assert_eq!(planned.state["description"], *expected, "{case}");
                let changes = name == "m" || before != expected;
                assert_eq!(planned.state != prior, changes, "{case}");
            }
        }
    }

    #[test]
    fn a_read_removes_the_placeholders_of_another_provider() {
        let mut theirs = prior();
        theirs.insert("description".to_owned(), text(""));
        theirs.insert("endpoint".to_owned(), text(""));
        assert_eq!(adopted(&schema(), &theirs)["endpoint"], ValueAny::Null);
        assert_eq!(adopted(&schema(), &theirs)["description"], text(""));
        assert_eq!(adopted(&schema(), &theirs)["labels"], labels(&["dev"]));
        let read = refreshed(&schema(), &theirs, object(&[]), true);
        assert_eq!(read["endpoint"], ValueAny::Null);
        assert_eq!(read["description"], text(""));
        let read = refreshed(&schema(), &theirs, object(&[("description", text("theirs"))]), true);
        assert_eq!(read["description"], text("theirs"));
    }
}
