//! Rules that need two attributes, or a part of one. Unknown values pass: what
//! they become is checked when it is known.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::{Metadata, Rotation, State};
use super::ttl::Ttl;
use crate::framework::diag::{AttributePath, Diagnostics, diagnostic, error, path};
use crate::framework::value::{TextList, Value};
use crate::scope::{duration, timeouts};

/// Units that the service offers for IAM credentials (ibm-api.md 2.2).
const UNITS: &[&str] = &["day", "month"];

/// Errors of a configuration as a whole.
pub(super) fn validate(config: &State) -> Diagnostics {
    let mut diagnostics = timeouts::validate(&config.timeouts);
    let Metadata { access_groups, service_id, .. } = &config.metadata;
    diagnostics.add_diagnostics(one_owner(access_groups, service_id));
    renewable(config, &mut diagnostics);
    renewed_within_the_lease(config, &mut diagnostics);
    if let Value::Value(policies) = &config.metadata.rotation {
        for (index, policy) in (0_i64..).zip(policies) {
            if let Value::Value(policy) = policy {
                let at = path("rotation").index(index);
                rotation(policy, config, &at, &mut diagnostics);
            }
        }
    }
    diagnostics
}

/// Errors unless exactly one of the two is given, or may still turn out to be.
pub(super) fn one_owner(access_groups: &TextList, service_id: &Value<String>) -> Diagnostics {
    match (access_groups, service_id) {
        (Value::Null, Value::Null) => error(
            path("service_id"),
            "Neither access_groups nor service_id",
            "Give exactly one of them: service_id to make a key for an existing service ID, or \
             access_groups to have a service ID made that is a member of these groups.",
        ),
        (Value::Value(_), Value::Value(_)) => error(
            path("service_id"),
            "Both access_groups and service_id",
            "Give exactly one of them: with service_id the key has the access of that service ID, \
             with access_groups that of the groups.",
        ),
        _ => Diagnostics::default(),
    }
}

/// A dynamic secret has no key that could be rotated or renewed.
fn renewable(config: &State, diagnostics: &mut Diagnostics) {
    if !config.is_dynamic() {
        return;
    }
    for (name, given) in [
        ("rotation_triggers", config.rotation_triggers.is_value()),
        ("early_renewal", config.early_renewal.is_value()),
    ] {
        if given {
            diagnostics.add_error(diagnostic(
                path(name),
                format!("{name} without reuse_api_key"),
                "With reuse_api_key = false every read makes a new key, and there is nothing to \
                 rotate. Leave it out, or set reuse_api_key to true.",
            ));
        }
    }
}

/// A key that is due from its first day would be rotated by every apply.
fn renewed_within_the_lease(config: &State, diagnostics: &mut Diagnostics) {
    let early = config.early_renewal.as_deref_option().and_then(duration::parse);
    let (Some(early), Some(ttl)) = (early, ttl(config)) else { return };
    if early.as_secs() >= ttl {
        diagnostics.add_error(diagnostic(
            path("early_renewal"),
            "early_renewal beyond the ttl",
            format!(
                "A key lives for {ttl} seconds, and it is to be renewed {} seconds before its end: \
                 every apply would rotate. Choose a shorter early_renewal or a longer ttl.",
                early.as_secs()
            ),
        ));
    }
}

fn rotation(policy: &Rotation, config: &State, at: &AttributePath, diagnostics: &mut Diagnostics) {
    let Rotation { auto_rotate, interval, unit } = policy;
    let mut refuse = |at: AttributePath, summary: &'static str, detail: String| {
        diagnostics.add_error(diagnostic(at, summary, detail));
    };
    if auto_rotate.is_null() {
        refuse(
            at.clone().attribute("auto_rotate"),
            "Incomplete rotation",
            "auto_rotate is needed: `rotation { auto_rotate = true, interval = 1, unit = \
             \"month\" }`, or leave the rotation out."
                .to_owned(),
        );
    }
    if *auto_rotate == Value::Value(true) {
        if config.is_dynamic() {
            refuse(
                at.clone().attribute("auto_rotate"),
                "Rotation without reuse_api_key",
                "With reuse_api_key = false every read makes a new key, and there is nothing to \
                 rotate. Leave the rotation out, or set reuse_api_key to true."
                    .to_owned(),
            );
        }
        if interval.is_null() || unit.is_null() {
            let missing = if interval.is_null() { "interval" } else { "unit" };
            refuse(
                at.clone().attribute(missing),
                "Incomplete rotation",
                format!(
                    "With auto_rotate = true, interval and unit are needed; {missing} is not given."
                ),
            );
        }
    } else if interval.is_value() && unit.is_null() {
        refuse(
            at.clone().attribute("unit"),
            "Incomplete rotation",
            "interval needs a unit: \"day\" or \"month\".".to_owned(),
        );
    }
    if let Value::Value(interval) = interval
        && *interval < 1
        && *auto_rotate == Value::Value(true)
    {
        refuse(
            at.clone().attribute("interval"),
            "Invalid value for rotation",
            format!("interval must be 1 or more. It is {interval}."),
        );
    }
    if let (Some(shortest), Some(ttl)) = (shortest_days(policy), ttl(config))
        && *auto_rotate == Value::Value(true)
        && !config.is_dynamic()
        && shortest * DAY > ttl
    {
        refuse(
            at.clone().attribute("interval"),
            "Rotation later than the end of the lease",
            format!(
                "The interval is at least {shortest} days, and a key lives for {} days: it would \
                 end before the next one is made. Choose a shorter interval or a longer ttl; the \
                 service takes no interval beyond the ttl.",
                ttl / DAY
            ),
        );
    }
    if let Value::Value(unit) = unit
        && !UNITS.contains(&unit.as_str())
        && *auto_rotate != Value::Value(false)
    {
        refuse(
            at.clone().attribute("unit"),
            "Invalid value for rotation",
            format!("unit must be \"day\" or \"month\". It is {unit:?}."),
        );
    }
}

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The lease that is configured, if it is known and valid.
fn ttl(config: &State) -> Option<u64> {
    Ttl::parse(config.metadata.ttl.as_deref_option()?).map(Ttl::seconds)
}

/// How many days an interval has at the least: calendar months differ.
fn shortest_days(policy: &Rotation) -> Option<u64> {
    let interval = u64::try_from(policy.interval.as_option()?).ok()?;
    match policy.unit.as_deref_option()? {
        "day" => Some(interval),
        // February, February and March, and so on; more months are never within
        // the longest lease.
        "month" => Some(match interval {
            0 => 0,
            1 => 28,
            2 => 59,
            3 => 89,
            more => more.saturating_mul(30),
        }),
        _ => None,
    }
}

/// How many days an interval has at the most.
fn longest_days(policy: &Rotation) -> Option<u64> {
    let interval = u64::try_from(policy.interval.as_option()?).ok()?;
    match policy.unit.as_deref_option()? {
        "day" => Some(interval),
        "month" => Some(interval.saturating_mul(31)),
        _ => None,
    }
}

/// What a user should know before a plan is applied.
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
    Some(ttl(plan)?.saturating_sub(longest_days(policy)? * DAY))
}

/// Whether the step from one state to the next makes a new key.
pub(super) fn rotates(prior: &State, next: &State) -> bool {
    let triggered =
        !next.rotation_triggers.is_null() && prior.rotation_triggers != next.rotation_triggers;
    let due = !next.early_renewal.is_null() && prior.ready_for_renewal == Value::Value(true);
    !next.is_dynamic() && (triggered || due)
}

/// Whether the current key is to be renewed: its lease ends within
/// `early_renewal`, or it was there once and is there no more.
pub(super) fn ready(state: &State, key_exists: bool, now: OffsetDateTime) -> bool {
    let Some(early) = state.early_renewal.as_deref_option().and_then(duration::parse) else {
        return false;
    };
    let end = state.metadata.expiration_date.as_deref_option();
    match end.and_then(|end| OffsetDateTime::parse(end, &Rfc3339).ok()) {
        Some(end) => !key_exists || end - early <= now,
        None => state.is_destroyed() || state.metadata.downloaded == Value::Value(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::{text, text_list};

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

    fn said(config: &State) -> Vec<(String, String)> {
        validate(config)
            .errors
            .into_iter()
            .map(|error| (error.attribute.to_string(), error.summary.into_owned()))
            .collect()
    }

    #[test]
    fn exactly_one_owner_is_given() {
        let groups = text_list(["AccessGroupId-1"]);
        for (access_groups, service_id, error) in [
            (groups.clone(), Value::Null, None),
            (Value::Null, text("ServiceId-1"), None),
            (Value::Null, Value::Null, Some("Neither access_groups nor service_id")),
            (groups.clone(), text("ServiceId-1"), Some("Both access_groups and service_id")),
            (Value::Unknown, Value::Null, None),
            (Value::Null, Value::Unknown, None),
            (groups, Value::Unknown, None),
        ] {
            let mut config = State::default();
            config.metadata.access_groups = access_groups;
            config.metadata.service_id = service_id;
            let expected: Vec<_> = error
                .map(|error| ("service_id".to_owned(), error.to_owned()))
                .into_iter()
                .collect();
            assert_eq!(said(&config), expected);
        }
    }

    #[test]
    fn a_rotation_is_whole_or_absent() {
        let (on, off) = (Value::Value(true), Value::Value(false));
        for (config, expected) in [
            (rotating(on, Value::Value(1), text("month")), None),
            (rotating(off, Value::Null, Value::Null), None),
            (rotating(off, Value::Value(0), text("")), None),
            (rotating(Value::Null, Value::Null, Value::Null), Some("auto_rotate")),
            (rotating(on, Value::Null, text("day")), Some("interval")),
            (rotating(on, Value::Value(1), Value::Null), Some("unit")),
            (rotating(off, Value::Value(1), Value::Null), Some("unit")),
            (rotating(on, Value::Value(0), text("day")), Some("interval")),
            (rotating(on, Value::Value(1), text("hour")), Some("unit")),
            (rotating(Value::Unknown, Value::Unknown, Value::Unknown), None),
            (rotating(on, Value::Unknown, Value::Unknown), None),
        ] {
            let paths: Vec<String> = said(&config).into_iter().map(|(path, _)| path).collect();
            let expected: Vec<String> =
                expected.map(|name| format!("rotation[0].{name}")).into_iter().collect();
            assert_eq!(paths, expected, "{:?}", config.metadata.rotation);
        }
    }

    #[test]
    fn a_dynamic_secret_does_not_rotate() {
        let mut config = rotating(Value::Value(true), Value::Value(1), text("month"));
        for (reuse, errors) in [
            (Value::Value(false), 1),
            (Value::Value(true), 0),
            (Value::Null, 0),
            (Value::Unknown, 0),
        ] {
            config.metadata.reuse_api_key = reuse;
            assert_eq!(said(&config).len(), errors, "{reuse:?}");
        }
    }

    #[test]
    fn an_unknown_rotation_passes() {
        let mut config = secret();
        for rotation in [Value::Unknown, Value::Null, Value::Value(vec![Value::Unknown])] {
            config.metadata.rotation = rotation;
            assert_eq!(said(&config), []);
        }
    }

    #[test]
    fn a_rotation_must_come_before_the_lease_ends() {
        for (ttl, interval, unit, fits) in [
            ("90d", 90, "day", true),
            ("90d", 91, "day", false),
            ("90d", 3, "month", true),
            ("90d", 4, "month", false),
            ("27d", 1, "month", false),
            ("28d", 1, "month", true),
            ("4d", 3, "day", true),
            ("30m", 1, "day", false),
        ] {
            let mut config = rotating(Value::Value(true), Value::Value(interval), text(unit));
            config.metadata.ttl = text(ttl);
            let expected: &[&str] =
                if fits { &[] } else { &["Rotation later than the end of the lease"] };
            let summaries: Vec<String> = said(&config).into_iter().map(|(_, said)| said).collect();
            assert_eq!(summaries, expected, "{ttl} {interval} {unit}");
            config.metadata.ttl = Value::Unknown;
            assert_eq!(said(&config), []);
        }
    }

    #[test]
    fn a_dynamic_secret_is_neither_triggered_nor_renewed() {
        let mut config = secret();
        config.metadata.reuse_api_key = Value::Value(false);
        config.early_renewal = text("7d");
        config.rotation_triggers = Value::Value([("a".to_owned(), text("1"))].into());
        let paths: Vec<String> = said(&config).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["rotation_triggers", "early_renewal"]);
    }

    #[test]
    fn a_key_is_not_due_from_its_first_day() {
        let mut config = secret();
        config.early_renewal = text("1h");
        for (ttl, fits) in [("1h", false), ("3600", false), ("61m", true), ("30m", false)] {
            config.metadata.ttl = text(ttl);
            let expected: &[&str] = if fits { &[] } else { &["early_renewal beyond the ttl"] };
            let summaries: Vec<String> = said(&config).into_iter().map(|(_, said)| said).collect();
            assert_eq!(summaries, expected, "{ttl}");
        }
        config.metadata.ttl = Value::Unknown;
        assert_eq!(said(&config), []);
    }

    fn triggers(value: &str) -> Value<std::collections::BTreeMap<String, Value<String>>> {
        Value::Value([("reason".to_owned(), text(value))].into())
    }

    #[test]
    fn a_changed_trigger_rotates_and_a_dropped_one_does_not() {
        let with = |rotation_triggers| State { rotation_triggers, ..secret() };
        for (before, after, expected) in [
            (triggers("a"), triggers("a"), false),
            (triggers("a"), triggers("b"), true),
            (Value::Null, triggers("a"), true),
            (triggers("a"), Value::Null, false),
            (triggers("a"), Value::Unknown, true),
        ] {
            let (before, after) = (with(before), with(after));
            assert_eq!(rotates(&before, &after), expected, "{:?}", after.rotation_triggers);
        }
    }

    #[test]
    fn what_was_ready_at_the_refresh_rotates_while_early_renewal_is_on() {
        let prior = State { ready_for_renewal: Value::Value(true), ..secret() };
        let on = State { early_renewal: text("7d"), ..secret() };
        assert!(rotates(&prior, &on));
        assert!(!rotates(&prior, &secret()));
        assert!(!rotates(&secret(), &on));
    }

    #[test]
    fn a_key_is_ready_within_early_renewal_of_its_end_or_when_it_is_gone() {
        let now = OffsetDateTime::parse("2026-11-24T12:00:00Z", &Rfc3339).unwrap();
        let ending = |end: &str| {
            let mut state = State { early_renewal: text("1h"), ..secret() };
            state.metadata.expiration_date = text(end);
            state
        };
        for (end, exists, expected) in [
            ("2026-11-24T13:00:01Z", true, false),
            ("2026-11-24T13:00:00Z", true, true),
            ("2026-11-24T11:00:00Z", true, true),
            ("2026-12-24T12:00:00Z", false, true),
        ] {
            assert_eq!(ready(&ending(end), exists, now), expected, "{end} {exists}");
        }
        let mut off = ending("2026-11-24T11:00:00Z");
        off.early_renewal = Value::Null;
        assert!(!ready(&off, false, now));
        let mut never_read = State { early_renewal: text("1h"), ..secret() };
        assert!(!ready(&never_read, true, now));
        never_read.metadata.downloaded = Value::Value(true);
        assert!(ready(&never_read, true, now));
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
        plan.rotation_triggers = triggers("now");
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
