//! What a user should know of a plan before it is applied.

use super::interval::{DAY, longest_days};
use super::model::State;
use super::renewal::rotates;
use crate::framework::diag::{Diagnostics, diagnostic, path};
use crate::framework::value::Value;

/// Warnings about a create, or the step from one state to the next.
pub(super) fn advise(prior: Option<&State>, plan: &State) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    match prior {
        None => {
            another_account(plan, &mut diagnostics);
            little_overlap(plan, &mut diagnostics);
        }
        Some(prior) => {
            let (before, after) = (&prior.metadata, &plan.metadata);
            if before.account_id != after.account_id {
                another_account(plan, &mut diagnostics);
            }
            if before.ttl != after.ttl && !plan.is_dynamic() && !rotates(prior, plan) {
                later_ttl(prior, &mut diagnostics);
            }
            if before.ttl != after.ttl || before.rotation != after.rotation {
                little_overlap(plan, &mut diagnostics);
            }
        }
    }
    diagnostics
}

fn later_ttl(prior: &State, diagnostics: &mut Diagnostics) {
    let end = match prior.metadata.expiration_date.as_deref_option() {
        Some(end) => format!(", which ends at {end}"),
        None => String::new(),
    };
    diagnostics.add_warning(diagnostic(
        path("ttl"),
        "The new ttl takes effect at the next rotation",
        format!(
            "The current key keeps its lease{end}. To rotate now, change a value of \
             rotation_triggers in the same apply."
        ),
    ));
}

fn another_account(plan: &State, diagnostics: &mut Diagnostics) {
    if plan.metadata.account_id.is_value() {
        diagnostics.add_warning(diagnostic(
            path("account_id"),
            "Another account needs service-to-service authorization",
            "An engine that is configured with an API key serves only the account of its instance. \
             For a key in another account, that account must authorize Secrets Manager on IAM \
             Identity and IAM Access Groups.",
        ));
    }
}

fn little_overlap(plan: &State, diagnostics: &mut Diagnostics) {
    let Some(overlap) = overlap(plan).filter(|overlap| *overlap < DAY) else { return };
    let left = match overlap / 3_600 {
        0 => "no hour".to_owned(),
        hours => format!("{hours} hours"),
    };
    diagnostics.add_warning(diagnostic(
        path("rotation"),
        "Less than a day between rotation and expiry",
        format!(
            "There can be {left} between the making of a key and the end of the one before, and \
             whoever still uses that one is locked out. Choose a shorter interval or a longer ttl; \
             IBM advises 30 days."
        ),
    ));
}

/// Seconds that the former key surely outlives the making of the next one.
fn overlap(plan: &State) -> Option<u64> {
    let Value::Value(policies) = &plan.metadata.rotation else { return None };
    let Some(Value::Value(policy)) = policies.first() else { return None };
    if policy.auto_rotate != Value::Value(true) {
        return None;
    }
    Some(plan.ttl()?.saturating_sub(longest_days(policy)?.saturating_mul(DAY)))
}

#[cfg(test)]
mod tests {
    use super::super::model::Rotation;
    use super::*;
    use crate::framework::value::text;

    fn secret() -> State {
        let mut config = State::default();
        config.metadata.service_id = text("ServiceId-1");
        config
    }

    fn rotating(auto_rotate: Value<bool>, interval: Value<i64>, unit: Value<String>) -> State {
        let mut config = secret();
        let policy = Rotation { auto_rotate, interval, unit };
        config.metadata.rotation = Value::Value(vec![Value::Value(policy)]);
        config
    }

    fn warned(prior: Option<&State>, plan: &State) -> Vec<String> {
        let warnings = advise(prior, plan).warnings;
        warnings.into_iter().map(|warning| warning.summary.into_owned()).collect()
    }

    #[test]
    fn a_changed_ttl_warns_unless_the_same_plan_rotates() {
        let mut prior = secret();
        prior.metadata.ttl = text("30m");
        prior.metadata.expiration_date = text("2026-11-24T13:00:00Z");
        let mut plan = prior.clone();
        assert_eq!(warned(Some(&prior), &plan), [""; 0]);
        plan.metadata.ttl = text("1h");
        let advice = advise(Some(&prior), &plan).warnings;
        assert!(advice[0].detail.contains("ends at 2026-11-24T13:00:00Z"), "{advice:?}");
        plan.rotation_triggers = Value::Value([("reason".to_owned(), text("now"))].into());
        assert_eq!(warned(Some(&prior), &plan), [""; 0]);
    }

    #[test]
    fn little_overlap_and_another_account_are_told_when_they_are_planned() {
        let mut plan = rotating(Value::Value(true), Value::Value(90), text("day"));
        plan.metadata.ttl = text("90d");
        plan.metadata.account_id = text("a1");
        assert_eq!(
            warned(None, &plan),
            [
                "Another account needs service-to-service authorization",
                "Less than a day between rotation and expiry"
            ]
        );
        assert_eq!(warned(Some(&plan), &plan), [""; 0]);
        let mut moved = plan.clone();
        moved.metadata.account_id = text("a2");
        assert_eq!(
            warned(Some(&plan), &moved),
            ["Another account needs service-to-service authorization"]
        );
        let mut relaxed = rotating(Value::Value(true), Value::Value(30), text("day"));
        relaxed.metadata.ttl = text("90d");
        assert_eq!(warned(None, &relaxed), [""; 0]);
    }
}
