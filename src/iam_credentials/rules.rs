//! Rules across attributes, or about a part of one. Unknown values pass and are
//! checked once they are known.

use super::model::{Own, Rotation, Secret};
use super::renewal::rotates;
use crate::framework::diag::{AttributePath, Diagnostics, diagnostic, error, path};
use crate::framework::value::{StringList, Value};
use crate::units::duration::Span;
use crate::units::rotation::RotationUnit;
use crate::units::ttl::Ttl;

/// The errors of a configuration as a whole.
pub(super) fn validate(config: &Secret) -> Diagnostics {
    let Own { access_groups, service_id, .. } = &config.own;
    let mut diagnostics = an_owner(access_groups, service_id);
    renewable(config, &mut diagnostics);
    early_renewal_within_the_ttl(config, &mut diagnostics);
    if let Value::Value(policies) = &config.own.rotation {
        for (index, policy) in (0_i64..).zip(policies) {
            if let Value::Value(policy) = policy {
                let at = path("rotation").index(index);
                rotation(policy, config, &at, &mut diagnostics);
            }
        }
    }
    diagnostics
}

/// An error unless exactly one of the two is set, or may be once it is known.
pub(super) fn one_owner(access_groups: &StringList, service_id: &Value<String>) -> Diagnostics {
    match (access_groups, service_id) {
        (Value::Value(_), Value::Value(_)) => both_owners(""),
        _ => an_owner(access_groups, service_id),
    }
}

/// The errors of a plan. A generated configuration has the service ID that the engine created beside
/// the access groups; that is no contradiction until a new key comes with another one.
pub(super) fn of_the_plan(prior: Option<&Secret>, config: &Secret, plan: &Secret) -> Diagnostics {
    let Own { access_groups, service_id, .. } = &config.own;
    let agrees = prior.is_some_and(|prior| {
        prior.own.service_id == *service_id
            && prior.own.service_id_is_static == Value::Value(false)
            && !rotates(prior, plan)
    });
    if access_groups.is_value() && service_id.is_value() && !agrees {
        let made_by_engine =
            prior.is_some_and(|prior| prior.own.service_id_is_static == Value::Value(false));
        return both_owners(if made_by_engine {
            " The service ID of this secret was created for its groups, and changes with each key: \
             remove service_id, which a generated configuration may contain."
        } else {
            ""
        });
    }
    Diagnostics::default()
}

fn an_owner(access_groups: &StringList, service_id: &Value<String>) -> Diagnostics {
    if access_groups.is_null() && service_id.is_null() {
        return error(
            path("service_id"),
            "Neither access_groups nor service_id",
            "Set exactly one of them: service_id to create a key for an existing service ID, or \
             access_groups to have a service ID created as a member of these groups.",
        );
    }
    Diagnostics::default()
}

fn both_owners(more: &str) -> Diagnostics {
    error(
        path("service_id"),
        "Both access_groups and service_id",
        format!(
            "Set exactly one of them: with service_id the key has the access of that service ID, \
             with access_groups that of the groups.{more}"
        ),
    )
}

/// A dynamic secret has no key that could be rotated or renewed.
fn renewable(config: &Secret, diagnostics: &mut Diagnostics) {
    if !config.own.is_dynamic() {
        return;
    }
    for (name, given) in [
        ("rotation_triggers", config.settings.rotation_triggers.is_value()),
        ("early_renewal", config.settings.early_renewal.is_value()),
    ] {
        if given {
            diagnostics.add_error(diagnostic(
                path(name),
                format!("{name} without reuse_api_key"),
                "With reuse_api_key = false, every read creates a new key, and there is nothing to \
                 rotate. Omit it, or set reuse_api_key to true.",
            ));
        }
    }
}

/// A key that is due as soon as it is created would be rotated by every apply.
fn early_renewal_within_the_ttl(config: &Secret, diagnostics: &mut Diagnostics) {
    let early = config.settings.early_renewal.as_ref_option();
    let early = early.and_then(|early| early.meaning().copied()).map(Span::seconds);
    let ttl = config.own.ttl().map(Ttl::seconds);
    let (Some(early), Some(ttl)) = (early, ttl) else { return };
    if early >= ttl {
        diagnostics.add_error(diagnostic(
            path("early_renewal"),
            "early_renewal beyond the ttl",
            format!(
                "A key has a lifetime of {} and would be renewed {} before its expiry, so every \
                 apply would rotate. Choose a shorter early_renewal or a longer ttl.",
                Span::from_seconds(ttl).in_words(),
                Span::from_seconds(early).in_words()
            ),
        ));
    }
}

fn rotation(policy: &Rotation, config: &Secret, at: &AttributePath, diagnostics: &mut Diagnostics) {
    let Rotation { auto_rotate, interval, unit } = policy;
    let mut refuse = |at: AttributePath, summary: &'static str, detail: String| {
        diagnostics.add_error(diagnostic(at, summary, detail));
    };
    if auto_rotate.is_null() {
        refuse(
            at.clone().attribute("auto_rotate"),
            "Incomplete rotation",
            "auto_rotate is required: `rotation { auto_rotate = true, interval = 1, unit = \
             \"month\" }`, or omit the rotation."
                .to_owned(),
        );
    }
    if *auto_rotate == Value::Value(true) {
        if config.own.is_dynamic() {
            refuse(
                at.clone().attribute("auto_rotate"),
                "Rotation without reuse_api_key",
                "With reuse_api_key = false, every read creates a new key, and there is nothing to \
                 rotate. Omit the rotation, or set reuse_api_key to true."
                    .to_owned(),
            );
        }
        if interval.is_null() || unit.is_null() {
            let missing = if interval.is_null() { "interval" } else { "unit" };
            refuse(
                at.clone().attribute(missing),
                "Incomplete rotation",
                format!(
                    "With auto_rotate = true, interval and unit are required; {missing} is missing."
                ),
            );
        }
    } else if interval.is_value() && unit.is_null() {
        refuse(
            at.clone().attribute("unit"),
            "Incomplete rotation",
            format!("interval requires a unit: {}.", RotationUnit::OFFERED),
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
    if let (Some(shortest), Some(ttl)) = (shortest(policy), config.own.ttl())
        && *auto_rotate == Value::Value(true)
        && !config.own.is_dynamic()
        && shortest.seconds() > ttl.seconds()
    {
        refuse(
            at.clone().attribute("interval"),
            "Rotation after the key's expiry",
            format!(
                "The interval is at least {}, and a key expires after {}, before the next one is \
                 created. Choose a shorter interval or a longer ttl; the service accepts no \
                 interval longer than the ttl.",
                shortest.in_words(),
                Span::from_seconds(ttl.seconds()).in_words()
            ),
        );
    }
    if let Value::Value(unit) = unit
        && !unit.is_offered()
        && *auto_rotate != Value::Value(false)
    {
        refuse(
            at.clone().attribute("unit"),
            "Invalid value for rotation",
            format!("unit must be {}. It is {:?}.", RotationUnit::OFFERED, unit.as_str()),
        );
    }
}

/// The interval at the least.
fn shortest(Rotation { interval, unit, .. }: &Rotation) -> Option<Span> {
    let least = unit.as_ref_option()?.at_least(interval.as_option()?)?;
    Some(Span::from_seconds(least.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::written::Written;

    fn unit(text: &str) -> Value<RotationUnit> {
        let day_or_month = serde_json::from_value(text.into());
        Value::Value(day_or_month.unwrap())
    }
    use crate::framework::value::{known, known_list};

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

    fn said(config: &Secret) -> Vec<(String, String)> {
        validate(config)
            .errors
            .into_iter()
            .map(|error| (error.attribute.to_string(), error.summary.into_owned()))
            .collect()
    }

    #[test]
    fn exactly_one_owner_is_set() {
        let groups = known_list(["AccessGroupId-1"]);
        for (access_groups, service_id, error) in [
            (groups.clone(), Value::Null, None),
            (Value::Null, known("ServiceId-1"), None),
            (Value::Null, Value::Null, Some("Neither access_groups nor service_id")),
            (groups.clone(), known("ServiceId-1"), Some("Both access_groups and service_id")),
            (Value::Unknown, Value::Null, None),
            (Value::Null, Value::Unknown, None),
            (groups, Value::Unknown, None),
        ] {
            let expected: Vec<_> = error.into_iter().collect();
            let summaries: Vec<_> = one_owner(&access_groups, &service_id)
                .errors
                .into_iter()
                .map(|error| error.summary)
                .collect();
            assert_eq!(summaries, expected);
        }
    }

    #[test]
    fn the_service_id_of_the_engine_may_stand_beside_the_groups_while_its_key_lasts() {
        let mut config = Secret::default();
        config.own.access_groups = known_list(["AccessGroupId-1"]);
        config.own.service_id = known("ServiceId-1");
        assert_eq!(said(&config), []);
        let mut made = config.clone();
        made.own.service_id_is_static = Value::Value(false);
        let mut other = made.clone();
        other.own.service_id = known("ServiceId-2");
        let mut due = made.clone();
        due.settings.ready_for_renewal = Value::Value(true);
        due.settings.early_renewal = Value::Value(Written::new("7d"));
        for (case, prior, errors) in [
            ("create", None, 1),
            ("as the engine made it", Some(&made), 0),
            ("another one", Some(&other), 1),
            ("the user's own", Some(&config), 1),
            ("a new key", Some(&due), 1),
        ] {
            let plan = prior.unwrap_or(&config);
            assert_eq!(of_the_plan(prior, &config, plan).errors.len(), errors, "{case}");
            let mut groups = config.clone();
            groups.own.service_id = Value::Null;
            assert_eq!(of_the_plan(prior, &groups, plan), Diagnostics::default(), "{case}");
        }
    }

    #[test]
    fn a_rotation_is_complete_or_omitted() {
        let (on, off) = (Value::Value(true), Value::Value(false));
        for (config, expected) in [
            (rotating(on, Value::Value(1), unit("month")), None),
            (rotating(off, Value::Null, Value::Null), None),
            (rotating(off, Value::Value(0), unit("")), None),
            (rotating(Value::Null, Value::Null, Value::Null), Some("auto_rotate")),
            (rotating(on, Value::Null, unit("day")), Some("interval")),
            (rotating(on, Value::Value(1), Value::Null), Some("unit")),
            (rotating(off, Value::Value(1), Value::Null), Some("unit")),
            (rotating(on, Value::Value(0), unit("day")), Some("interval")),
            (rotating(on, Value::Value(1), unit("hour")), Some("unit")),
            (rotating(Value::Unknown, Value::Unknown, Value::Unknown), None),
            (rotating(on, Value::Unknown, Value::Unknown), None),
        ] {
            let paths: Vec<String> = said(&config).into_iter().map(|(path, _)| path).collect();
            let expected: Vec<String> =
                expected.map(|name| format!("rotation[0].{name}")).into_iter().collect();
            assert_eq!(paths, expected, "{:?}", config.own.rotation);
        }
    }

    #[test]
    fn a_dynamic_secret_does_not_rotate() {
        let mut config = rotating(Value::Value(true), Value::Value(1), unit("month"));
        for (reuse, errors) in [
            (Value::Value(false), 1),
            (Value::Value(true), 0),
            (Value::Null, 0),
            (Value::Unknown, 0),
        ] {
            config.own.reuse_api_key = reuse;
            assert_eq!(said(&config).len(), errors, "{reuse:?}");
        }
    }

    #[test]
    fn an_unknown_rotation_passes() {
        let mut config = secret();
        for rotation in [Value::Unknown, Value::Null, Value::Value(vec![Value::Unknown])] {
            config.own.rotation = rotation;
            assert_eq!(said(&config), []);
        }
    }

    #[test]
    fn a_rotation_must_come_before_the_key_expires() {
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
            let mut config =
                rotating(Value::Value(true), Value::Value(interval), super::tests::unit(unit));
            config.own.ttl = Value::Value(Written::new(ttl));
            let expected: &[&str] = if fits { &[] } else { &["Rotation after the key's expiry"] };
            let summaries: Vec<String> = said(&config).into_iter().map(|(_, said)| said).collect();
            assert_eq!(summaries, expected, "{ttl} {interval} {unit}");
            config.own.ttl = Value::Unknown;
            assert_eq!(said(&config), []);
        }
    }

    #[test]
    fn a_dynamic_secret_is_neither_triggered_nor_renewed() {
        let mut config = secret();
        config.own.reuse_api_key = Value::Value(false);
        config.settings.early_renewal = Value::Value(Written::new("7d"));
        config.settings.rotation_triggers = Value::Value([("a".to_owned(), known("1"))].into());
        let paths: Vec<String> = said(&config).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["rotation_triggers", "early_renewal"]);
    }

    #[test]
    fn a_new_key_is_not_due_at_once() {
        let mut config = secret();
        config.settings.early_renewal = Value::Value(Written::new("1h"));
        for (ttl, fits) in [("1h", false), ("3600", false), ("61m", true), ("30m", false)] {
            config.own.ttl = Value::Value(Written::new(ttl));
            let expected: &[&str] = if fits { &[] } else { &["early_renewal beyond the ttl"] };
            let summaries: Vec<String> = said(&config).into_iter().map(|(_, said)| said).collect();
            assert_eq!(summaries, expected, "{ttl}");
        }
        config.own.ttl = Value::Unknown;
        assert_eq!(said(&config), []);
    }
}
