//! Warnings about a plan, before it is applied.

use std::time::Duration;

use super::model::{Rotation, Secret};
use super::renewal::rotates;
use crate::framework::diag::{Diagnostics, diagnostic, path};
use crate::units::duration::Span;

/// IBM recommends more; anything less than this is certainly too short.
const LEAST_OVERLAP: Duration = Duration::from_secs(86_400);

/// Warnings about a create, or about the change from one state to the next.
pub(super) fn of_the_plan(prior: Option<&Secret>, plan: &Secret) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    match prior {
        None => {
            another_account(plan, &mut diagnostics);
            little_overlap(plan, &mut diagnostics);
        }
        Some(prior) => {
            let (before, after) = (&prior.own, &plan.own);
            if before.account_id != after.account_id {
                another_account(plan, &mut diagnostics);
            }
            if before.ttl != after.ttl && !after.is_dynamic() && !rotates(prior, plan) {
                later_ttl(prior, &mut diagnostics);
            }
            if before.ttl != after.ttl || before.rotation != after.rotation {
                little_overlap(plan, &mut diagnostics);
            }
        }
    }
    diagnostics
}

/// A warning that the key ends before there is another. With a new name too, the user may have
/// chosen `create_before_destroy`, which no provider can see.
pub(super) fn of_the_replacement(prior: &Secret, plan: &Secret) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Some(key) = prior.own.api_key_id.as_deref_option() else { return diagnostics };
    if prior.common.name == plan.common.name {
        diagnostics.add_warning(diagnostic(
            path("name"),
            "The current key is deleted before there is a new one",
            format!(
                "{} is replaced, and its name must be unique, so it is deleted first, and {key} \
                 with it. Whoever uses that key is locked out until the new one reaches them. To \
                 have the new key first, set create_before_destroy in the lifecycle block, and \
                 change the name in the same apply.",
                prior.describe()
            ),
        ));
    }
    diagnostics
}

fn later_ttl(prior: &Secret, diagnostics: &mut Diagnostics) {
    let end = match prior.common.expiration_date.as_deref_option() {
        Some(end) => format!("; it expires at {end}"),
        None => String::new(),
    };
    diagnostics.add_warning(diagnostic(
        path("ttl"),
        "The new ttl takes effect at the next rotation",
        format!(
            "The current key is not affected{end}. To rotate now, change a value of \
             rotation_triggers in the same apply."
        ),
    ));
}

fn another_account(plan: &Secret, diagnostics: &mut Diagnostics) {
    if plan.own.account_id.is_value() {
        diagnostics.add_warning(diagnostic(
            path("account_id"),
            "Another account needs service-to-service authorization",
            "An engine that is configured with an API key serves only the account of its instance. \
             For a key in another account, that account must authorize Secrets Manager on IAM \
             Identity and IAM Access Groups.",
        ));
    }
}

fn little_overlap(plan: &Secret, diagnostics: &mut Diagnostics) {
    let Some(overlap) = overlap(plan).filter(|overlap| *overlap < LEAST_OVERLAP) else { return };
    let left = match overlap.as_secs() / 3_600 {
        0 => "less than an hour".to_owned(),
        hours => Span::from_seconds(hours * 3_600).in_words(),
    };
    diagnostics.add_warning(diagnostic(
        path("rotation"),
        "Less than a day between rotation and expiry",
        format!(
            "There can be as little as {left} between the creation of a key and the expiry of the \
             previous one. Whoever still uses that one is then locked out. Choose a shorter \
             interval or a longer ttl; IBM advises 30 days."
        ),
    ));
}

/// The least time that a key remains valid after the next one was created.
fn overlap(plan: &Secret) -> Option<Duration> {
    let Rotation { interval, unit, .. } = plan.own.active_rotation()?;
    let interval = unit.as_ref_option()?.at_most(interval.as_option()?)?;
    Some(Duration::from_secs(plan.own.ttl()?.seconds()).saturating_sub(interval))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::{Value, known};
    use crate::units::rotation::RotationUnit;
    use crate::units::ttl::Ttl;
    use crate::units::written::Written;

    fn ttl(text: &str) -> Value<Written<Ttl>> {
        Value::Value(Written::new(text))
    }

    fn secret() -> Secret {
        let mut config = Secret::default();
        config.own.service_id = known("ServiceId-1");
        config
    }

    fn rotating(
        auto_rotate: Value<bool>,
        interval: Value<i64>,
        unit: Value<RotationUnit>,
    ) -> Secret {
        let mut config = secret();
        let policy = Rotation { auto_rotate, interval, unit };
        config.own.rotation = Value::Value(vec![Value::Value(policy)]);
        config
    }

    fn warned(prior: Option<&Secret>, plan: &Secret) -> Vec<String> {
        let warnings = of_the_plan(prior, plan).warnings;
        warnings.into_iter().map(|warning| warning.summary.into_owned()).collect()
    }

    #[test]
    fn a_changed_ttl_warns_unless_the_same_plan_rotates() {
        let mut prior = secret();
        prior.own.ttl = ttl("30m");
        prior.common.expiration_date = known("2026-11-24T13:00:00Z");
        let mut plan = prior.clone();
        assert_eq!(warned(Some(&prior), &plan), [""; 0]);
        plan.own.ttl = ttl("1h");
        let found = of_the_plan(Some(&prior), &plan).warnings;
        assert!(found[0].detail.contains("expires at 2026-11-24T13:00:00Z"), "{found:?}");
        plan.settings.rotation_triggers =
            Value::Value([("reason".to_owned(), known("now"))].into());
        assert_eq!(warned(Some(&prior), &plan), [""; 0]);
    }

    #[test]
    fn a_replacement_of_the_same_name_warns_of_the_key_that_ends_first() {
        let mut prior = secret();
        prior.common.name = known("app");
        let mut plan = prior.clone();
        let summaries = |prior: &Secret, plan: &Secret| -> Vec<String> {
            let warnings = of_the_replacement(prior, plan).warnings;
            warnings.into_iter().map(|warning| warning.summary.into_owned()).collect()
        };
        assert_eq!(summaries(&prior, &plan), [""; 0]);
        prior.own.api_key_id = known("ApiKey-1");
        let expected = ["The current key is deleted before there is a new one"];
        assert_eq!(summaries(&prior, &plan), expected);
        plan.common.name = known("app-2");
        assert_eq!(summaries(&prior, &plan), [""; 0]);
    }

    #[test]
    fn a_plan_with_little_overlap_or_another_account_is_a_warning() {
        let mut plan =
            rotating(Value::Value(true), Value::Value(90), Value::Value(RotationUnit::Day));
        plan.own.ttl = ttl("90d");
        plan.own.account_id = known("a1");
        assert_eq!(
            warned(None, &plan),
            [
                "Another account needs service-to-service authorization",
                "Less than a day between rotation and expiry"
            ]
        );
        assert_eq!(warned(Some(&plan), &plan), [""; 0]);
        let mut moved = plan.clone();
        moved.own.account_id = known("a2");
        assert_eq!(
            warned(Some(&plan), &moved),
            ["Another account needs service-to-service authorization"]
        );
        let mut relaxed =
            rotating(Value::Value(true), Value::Value(30), Value::Value(RotationUnit::Day));
        relaxed.own.ttl = ttl("90d");
        assert_eq!(warned(None, &relaxed), [""; 0]);
    }
}
