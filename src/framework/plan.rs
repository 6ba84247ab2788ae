//! The plan of every resource: one pure pipeline over the declaration.
//!
//! [`plan`] says what Terraform will see, [`settle`] and [`refreshed`] keep the
//! promises of a plan and the user's spelling when the service has returned.
//! The rules of Terraform behind them are in plugin-protocol.md 4.

use std::collections::BTreeSet;

use super::diag::AttributePath;
use super::schema::{Attribute, PlanModifier, Schema};
use super::value::{Object, ValueAny, attribute, is_blank, unknown_to_null, wholly_known};

/// What is asked of a plan; a destroy is never planned here.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The state before; none when the object is to be created.
    pub prior: Option<&'a Object>,
    /// The configuration, with prior values where computed ones are left out.
    pub proposed: &'a Object,
    /// The configuration as written.
    pub config: &'a Object,
    /// Attributes that the configuration gave at the last apply.
    pub configured_before: &'a BTreeSet<String>,
    /// Computed attributes that change now, whatever the configuration says.
    pub planned_changes: &'a [&'static str],
}

/// The outcome of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The state after, unknown where only the apply can tell.
    pub state: Object,
    /// What forces a new object: sorted, unique.
    pub requires_replace: Vec<AttributePath>,
    /// Attributes that the configuration gives now and that are reset when it
    /// drops them.
    pub configured: BTreeSet<String>,
}

/// Plans a create or an update.
///
/// In order: defaults; write-only values are kept out; values that mean what the
/// state says already keep its spelling; attributes that the configuration
/// removed are reset; then, if anything changed or is planned_changes, computed attributes
/// become unknown as far as their declaration says; last, what needs a new
/// object.
pub fn plan(schema: &Schema, request: PlanRequest<'_>) -> Planned {
    let PlanRequest { prior, proposed, config, configured_before, planned_changes } = request;
    let mut state: Object = schema
        .iter()
        .map(|field| {
            let removed = configured_before.contains(field.name);
            (field.name.to_owned(), intended(field, prior, proposed, config, removed))
        })
        .collect();
    mark_unknown(schema, prior, config, planned_changes, &mut state);
    let requires_replace = match prior {
        None => Vec::new(),
        Some(prior) => schema
            .iter()
            .filter(|field| field.requires_replace && decided_by_user(field, config))
            .filter(|field| attribute(prior, field.name) != attribute(&state, field.name))
            .map(|field| field.name)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(AttributePath::new)
            .collect(),
    };
    let configured = schema
        .iter()
        .filter(|field| field.reset_when_removed.is_some())
        .filter(|field| *attribute(config, field.name) != ValueAny::Null)
        .map(|field| field.name.to_owned())
        .collect();
    Planned { state, requires_replace, configured }
}

/// Whether the planned value is what the user wants, and not what the service
/// will come up with.
fn decided_by_user(field: &Attribute, config: &Object) -> bool {
    !field.is_computed()
        || field.default.is_some()
        || *attribute(config, field.name) != ValueAny::Null
}

/// The value that configuration and declaration ask for, before anything is
/// marked unknown.
fn intended(
    field: &Attribute,
    prior: Option<&Object>,
    proposed: &Object,
    config: &Object,
    configured_before: bool,
) -> ValueAny {
    if field.write_only {
        return ValueAny::Null;
    }
    let before = prior.map_or(&ValueAny::Null, |prior| attribute(prior, field.name));
    match attribute(config, field.name) {
        ValueAny::Null => {
            let fallback = match (&field.default, &field.reset_when_removed) {
                (Some(default), _) => Some(default),
                (None, Some(reset)) if configured_before => Some(reset),
                (None, _) => None,
            };
            match fallback {
                Some(value) if field.semantically_equal(before, value) => before.clone(),
                Some(value) => value.clone(),
                None => attribute(proposed, field.name).clone(),
            }
        }
        // The state's spelling may stay only where it has one: Terraform
        // accepts a known planned value other than the configured one only if
        // it is the prior value.
        given
            if *before != ValueAny::Null
                && wholly_known(given)
                && field.semantically_equal(before, given) =>
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
    let left_out = |field: &&Attribute| {
        field.is_computed()
            && field.default.is_none()
            && *attribute(config, field.name) == ValueAny::Null
    };
    let Some(prior) = prior else {
        for field in schema.iter().filter(left_out) {
            state.insert(field.name.to_owned(), ValueAny::Unknown);
        }
        return;
    };
    let changed: BTreeSet<&str> = schema
        .iter()
        .map(|field| field.name)
        .filter(|name| attribute(prior, name) != attribute(state, name))
        .chain(planned_changes.iter().copied())
        .collect();
    if changed.is_empty() {
        return;
    }
    for field in schema.iter().filter(left_out) {
        let unknown = match field.plan_modifier {
            PlanModifier::Unknown => true,
            PlanModifier::UseStateForUnknown => false,
            PlanModifier::UseStateForUnknownUnless(names) => {
                names.iter().any(|name| changed.contains(name))
            }
        };
        // A reset is a decision of this plan, not something to learn later.
        let open = unknown && !changed.contains(field.name);
        if open || planned_changes.contains(&field.name) {
            state.insert(field.name.to_owned(), ValueAny::Unknown);
        }
    }
}

/// The state to store after an apply without errors: what the plan promised,
/// and the service's response where the plan left it open.
///
/// A service that answers something else than promised shows up as a change at
/// the next refresh, instead of failing the apply that already happened.
pub fn settle(schema: &Schema, planned: &Object, returned: Object) -> Object {
    schema
        .iter()
        .map(|field| {
            let promised = attribute(planned, field.name);
            let value = if wholly_known(promised) {
                promised.clone()
            } else {
                unknown_to_null(attribute(&returned, field.name).clone())
            };
            (field.name.to_owned(), value)
        })
        .collect()
}

/// The state to store after a read: the service's response, in the spelling of the
/// prior state where both mean the same.
///
/// `foreign` says that another provider wrote the prior state. The official
/// one stores an empty string for an optional attribute that was never given;
/// kept, it would be a difference to a configuration without it for ever.
pub fn refreshed(schema: &Schema, prior: &Object, returned: Object, foreign: bool) -> Object {
    schema
        .iter()
        .map(|field| {
            let before = attribute(prior, field.name);
            let before = if foreign { without_placeholder(field, before) } else { before };
            let now = unknown_to_null(attribute(&returned, field.name).clone());
            let value = if field.semantically_equal(before, &now) { before.clone() } else { now };
            (field.name.to_owned(), value)
        })
        .collect()
}

/// A state that another provider wrote, without its placeholders.
pub fn adopted(schema: &Schema, foreign: &Object) -> Object {
    schema
        .iter()
        .map(|field| {
            let value = without_placeholder(field, attribute(foreign, field.name));
            (field.name.to_owned(), value.clone())
        })
        .collect()
}

fn without_placeholder<'a>(field: &Attribute, value: &'a ValueAny) -> &'a ValueAny {
    const NULL: &ValueAny = &ValueAny::Null;
    if !field.is_computed() && is_blank(value) { NULL } else { value }
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
    fn same_number(left: &ValueAny, right: &ValueAny) -> bool {
        match (left, right) {
            (ValueAny::String(left), ValueAny::String(right)) => {
                left.trim_start_matches('0') == right.trim_start_matches('0')
            }
            _ => false,
        }
    }

    fn both_blank(left: &ValueAny, right: &ValueAny) -> bool {
        is_blank(left) && is_blank(right)
    }

    fn schema() -> Schema {
        Schema::new(
            "A thing.",
            vec![
                string("name").required(),
                string("description").semantic_equality(both_blank),
                string("ttl").required().semantic_equality(same_number),
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
            schema().iter().map(|field| (field.name.to_owned(), ValueAny::Null)).collect();
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

    /// What core proposes: the configuration, prior where a computed attribute
    /// is left out (plugin-protocol.md 4.1).
    fn proposed(prior: Option<&Object>, config: &Object) -> Object {
        schema()
            .iter()
            .map(|field| {
                let given = attribute(config, field.name);
                let value = if *given == ValueAny::Null && field.is_computed() {
                    prior.map_or(ValueAny::Null, |prior| attribute(prior, field.name).clone())
                } else {
                    given.clone()
                };
                (field.name.to_owned(), value)
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
    fn a_create_leaves_open_what_the_configuration_leaves_out() {
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
    fn nothing_changed_means_the_prior_state_to_the_letter() {
        assert_eq!(planned(Some(&prior()), &config(&[]), &[]).state, prior());
    }

    #[test]
    fn another_spelling_is_not_a_change() {
        let planned = planned(Some(&prior()), &config(&[("ttl", text("010"))]), &[]);
        assert_eq!(planned.state, prior());
    }

    #[test]
    fn an_update_keeps_what_it_cannot_touch() {
        let planned = planned(Some(&prior()), &config(&[("name", text("m"))]), &[]);
        assert_eq!(planned.state["id"], text("1"));
        assert_eq!(planned.state["next"], text("soon"));
        assert_eq!(planned.state["labels"], labels(&["dev"]));
        assert_eq!(planned.state["reads"], ValueAny::Unknown);
        assert!(planned.requires_replace.is_empty());
    }

    #[test]
    fn what_depends_on_a_changed_attribute_becomes_unknown() {
        let planned = planned(Some(&prior()), &config(&[("ttl", text("11"))]), &[]);
        assert_eq!(planned.state["next"], ValueAny::Unknown);
        assert_eq!(planned.state["id"], text("1"));
    }

    #[test]
    fn replacing_attributes_are_named_once_and_sorted() {
        let changed = config(&[("reuse", ValueAny::Bool(false)), ("group", text("other"))]);
        assert_eq!(paths(&planned(Some(&prior()), &changed, &[])), ["group", "reuse"]);
        let unknown = config(&[("group", ValueAny::Unknown)]);
        assert_eq!(paths(&planned(Some(&prior()), &unknown, &[])), ["group"]);
    }

    #[test]
    fn a_planned_change_needs_no_change_of_the_configuration_and_replaces_nothing() {
        let due = planned_with_changes(Some(&prior()), &config(&[]), &[], &["renewal"]);
        assert_eq!(due.state["renewal"], ValueAny::Unknown);
        assert_eq!(due.state["group"], ValueAny::Unknown);
        assert_eq!(due.state["reads"], ValueAny::Unknown);
        assert_eq!(due.state["id"], text("1"));
        assert!(due.requires_replace.is_empty());
    }

    #[test]
    fn a_write_only_value_is_in_no_plan_and_is_no_change() {
        let given = config(&[("key_wo", text("hush"))]);
        assert_eq!(planned(Some(&prior()), &given, &[]).state, prior());
        assert_eq!(planned(None, &given, &[]).state["key_wo"], ValueAny::Null);
    }

    #[test]
    fn a_removed_attribute_is_reset_only_if_the_configuration_had_given_it() {
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
    fn a_foreign_state_without_a_default_gets_it() {
        let mut foreign = prior();
        foreign.insert("reuse".to_owned(), ValueAny::Null);
        let planned = planned(Some(&foreign), &config(&[]), &[]);
        assert_eq!(planned.state["reuse"], ValueAny::Bool(true));
    }

    #[test]
    fn an_apply_stores_what_was_promised_and_learns_the_rest() {
        let planned = planned(None, &config(&[]), &[]);
        let returned =
            object(&[("name", text("N")), ("id", text("7")), ("next", ValueAny::Unknown)]);
        let settled = settle(&schema(), &planned.state, returned);
        assert_eq!(settled["name"], text("n"));
        assert_eq!(settled["id"], text("7"));
        assert_eq!(settled["next"], ValueAny::Null);
    }

    #[test]
    fn a_read_keeps_the_spelling_of_the_state() {
        let mut own = prior();
        own.insert("description".to_owned(), text(""));
        let returned = |ttl: &str| object(&[("ttl", text(ttl)), ("name", text("x"))]);
        let same = refreshed(&schema(), &own, returned("0010"), false);
        assert_eq!(same["ttl"], text("10"));
        assert_eq!(same["name"], text("x"));
        assert_eq!(same["description"], text(""));
        let other = refreshed(&schema(), &own, returned("12"), false);
        assert_eq!(other["ttl"], text("12"));
    }

    #[test]
    fn a_read_drops_the_placeholders_of_a_foreign_state() {
        let mut foreign = prior();
        foreign.insert("description".to_owned(), text(""));
        assert_eq!(adopted(&schema(), &foreign)["description"], ValueAny::Null);
        assert_eq!(adopted(&schema(), &foreign)["labels"], labels(&["dev"]));
        let read = refreshed(&schema(), &foreign, object(&[]), true);
        assert_eq!(read["description"], ValueAny::Null);
        let read = refreshed(&schema(), &foreign, object(&[("description", text("theirs"))]), true);
        assert_eq!(read["description"], text("theirs"));
    }
}
