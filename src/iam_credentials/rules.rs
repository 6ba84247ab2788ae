//! Rules that need two attributes, or a part of one. Unknown values pass: what
//! they become is checked when it is known.

use super::model::{Rotation, State};
use crate::framework::diag::{AttributePath, Diagnostics, diagnostic, path};
use crate::framework::value::Value;

/// Units that the service offers for IAM credentials (ibm-api.md 2.2).
const UNITS: &[&str] = &["day", "month"];

/// Errors of a configuration as a whole.
pub(super) fn validate(config: &State) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    one_owner(config, &mut diagnostics);
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

fn one_owner(config: &State, diagnostics: &mut Diagnostics) {
    let (groups, service_id) = (&config.metadata.access_groups, &config.metadata.service_id);
    match (groups, service_id) {
        (Value::Null, Value::Null) => diagnostics.add_error(diagnostic(
            path("service_id"),
            "Neither access_groups nor service_id",
            "Give exactly one of them: service_id to make a key for an existing service ID, or \
             access_groups to have a service ID made that is a member of these groups.",
        )),
        (Value::Value(_), Value::Value(_)) => diagnostics.add_error(diagnostic(
            path("service_id"),
            "Both access_groups and service_id",
            "Give exactly one of them: with service_id the key has the access of that service ID, \
             with access_groups that of the groups.",
        )),
        _ => {}
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
}
