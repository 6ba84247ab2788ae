//! Pure functions of the provider: same arguments, same result, no client.

use std::collections::BTreeMap;

use crate::framework::function::{Failure, Function, Parameter};
use crate::framework::schema::Type;
use crate::framework::value::ValueAny;
use crate::units::crn::Crn;
use crate::units::duration::{DURATION_RULE, Span};
use crate::units::id::ObjectId;

/// Every function.
pub fn functions() -> Vec<Function> {
    vec![parse_crn(), parse_id(), duration_to_seconds(), seconds_to_duration()]
}

fn parse_crn() -> Function {
    Function {
        name: "parse_crn",
        summary: "Splits a cloud resource name into its parts",
        description: "Returns the parts of an IBM Cloud resource name (CRN) as an object: \
                      `version`, `cname`, `ctype`, `service_name`, `region`, `scope`, \
                      `account_id`, `instance_id`, `resource_type` and `resource`. Empty \
                      parts are null, and so is `account_id` if the scope is not an account.",
        parameters: vec![Parameter {
            name: "crn",
            value_type: Type::String,
            description: "The CRN: `crn` and nine more parts, separated by colons.",
        }],
        returns: strings(&Crn::NAMES),
        call: |arguments| {
            let crn = Crn::parse(known(arguments)?).map_err(first_argument)?;
            Ok(object(crn.parts().map(|(name, part)| (name, part.map(str::to_owned)))))
        },
    }
}

fn parse_id() -> Function {
    Function {
        name: "parse_id",
        summary: "Splits the id of a resource into its parts",
        description: "Returns the `region`, `instance_id` and `object` in the id of a resource of \
                      this provider, `<region>/<instance_id>/<object>`. The object is the id of a \
                      secret or group, or the name of a configuration.",
        parameters: vec![Parameter {
            name: "id",
            value_type: Type::String,
            description: "The `id` attribute of a resource or data source.",
        }],
        returns: strings(&["region", "instance_id", "object"]),
        call: |arguments| {
            let id = ObjectId::parse(known(arguments)?, "object").map_err(first_argument)?;
            Ok(object([
                ("region", Some(id.region)),
                ("instance_id", Some(id.instance_id)),
                ("object", Some(id.object)),
            ]))
        },
    }
}

fn duration_to_seconds() -> Function {
    Function {
        name: "duration_to_seconds",
        summary: "Converts a duration to seconds",
        description: "Returns the seconds of a duration in the format of `ttl`: digits for \
                      seconds, or a number with one of the units `s`, `m`, `h` or `d`. It may be \
                      longer than a `ttl`.",
        parameters: vec![Parameter {
            name: "duration",
            value_type: Type::String,
            description: "The duration, such as `1800`, `30m`, `24h` or `90d`.",
        }],
        returns: Type::Number,
        call: |arguments| {
            let text = known(arguments)?;
            let span = text.parse::<Span>().ok();
            let seconds = span.and_then(|span| i64::try_from(span.seconds()).ok());
            match seconds.filter(|seconds| *seconds > 0) {
                Some(seconds) => Ok(ValueAny::Number(seconds)),
                None => Err(first_argument(format!(
                    "The value must {DURATION_RULE}, and be at least one second."
                ))),
            }
        },
    }
}

fn seconds_to_duration() -> Function {
    Function {
        name: "seconds_to_duration",
        summary: "Converts seconds to a duration",
        description: "Returns the duration of that many seconds, in the largest unit that is \
                      exact: 5400 is `90m`, 7776000 is `90d`.",
        parameters: vec![Parameter {
            name: "seconds",
            value_type: Type::Number,
            description: "Whole seconds, 1 or more.",
        }],
        returns: Type::String,
        call: |arguments| {
            let number = number(arguments)?;
            match u64::try_from(number) {
                Ok(seconds) if seconds > 0 => {
                    Ok(ValueAny::String(Span::from_seconds(seconds).to_string()))
                }
                _ => Err(first_argument(format!("The value must be 1 or more. It is {number}."))),
            }
        },
    }
}

/// A failure about the first argument, the only one that these functions have.
fn first_argument(message: String) -> Failure {
    Failure { argument: 0, message }
}

fn known(arguments: &[ValueAny]) -> Result<&str, Failure> {
    match arguments {
        [ValueAny::String(text)] => Ok(text),
        _ => Err(first_argument("The function takes one known string.".to_owned())),
    }
}

fn number(arguments: &[ValueAny]) -> Result<i64, Failure> {
    match arguments {
        [ValueAny::Number(number)] => Ok(*number),
        _ => Err(first_argument("The function takes one known number.".to_owned())),
    }
}

fn strings(names: &[&'static str]) -> Type {
    Type::Object(names.iter().map(|name| (*name, Type::String)).collect())
}

fn object(parts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> ValueAny {
    let parts = parts
        .into_iter()
        .map(|(name, part)| (name.to_owned(), part.map_or(ValueAny::Null, ValueAny::String)));
    ValueAny::Map(parts.collect::<BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, argument: ValueAny) -> Result<ValueAny, Failure> {
        let functions = functions();
        let function = functions.iter().find(|function| function.name == name).unwrap();
        (function.call)(&[argument])
    }

    fn string(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    #[test]
    fn an_object_has_exactly_the_declared_parts() {
        let crn = "crn:v1:bluemix:public:secrets-manager:us-south:a/0123:i-1:secret:s-1";
        for (name, argument) in [("parse_crn", crn), ("parse_id", "us-south/i-1/s-1")] {
            let functions = functions();
            let function = functions.iter().find(|function| function.name == name).unwrap();
            let Type::Object(declared) = &function.returns else { panic!("{name}") };
            let Ok(ValueAny::Map(parts)) = (function.call)(&[string(argument)]) else {
                panic!("{name}")
            };
            let declared: std::collections::BTreeSet<_> =
                declared.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(parts.keys().cloned().collect::<std::collections::BTreeSet<_>>(), declared);
        }
    }

    #[test]
    fn an_id_is_split_into_its_parts() {
        let ValueAny::Map(parts) = call("parse_id", string("eu-de/i-1/engine")).unwrap() else {
            panic!("an object")
        };
        let parts: Vec<_> = parts.into_iter().collect();
        assert_eq!(
            parts,
            [
                ("instance_id".to_owned(), string("i-1")),
                ("object".to_owned(), string("engine")),
                ("region".to_owned(), string("eu-de")),
            ]
        );
    }

    /// Terraform prints what a function reports, also if the argument is sensitive or ephemeral.
    #[test]
    fn an_error_does_not_repeat_the_argument() {
        let part = "crn:v1:bluemix:public:secrets-manager:us-south:a/0123:i-1:secret:a key";
        for argument in ["LyvDVOzO_a-key_1nWT", part, "us-south/a key", "crn:a key"] {
            for name in ["parse_crn", "parse_id", "duration_to_seconds"] {
                let failure = call(name, string(argument)).unwrap_err();
                let message = &failure.message;
                let repeats = message.contains(argument) || message.contains("a key");
                assert!(!repeats && !message.contains("LyvDVOzO"), "{name}: {message}");
            }
        }
    }

    #[test]
    fn durations_convert_both_ways() {
        for (text, seconds, shortest) in
            [("90m", 5_400, "90m"), ("5400", 5_400, "90m"), ("7776000s", 7_776_000, "90d")]
        {
            assert_eq!(
                call("duration_to_seconds", string(text)),
                Ok(ValueAny::Number(seconds)),
                "{text}"
            );
            assert_eq!(
                call("seconds_to_duration", ValueAny::Number(seconds)),
                Ok(string(shortest)),
                "{text}"
            );
        }
    }

    #[test]
    fn malformed_input_is_an_error_with_the_rule_on_its_argument() {
        for (name, argument, rule) in [
            ("parse_crn", string("crn:v1"), "has 10 parts"),
            ("parse_id", string("us-south/i-1"), "<region>/<instance_id>/<object>"),
            ("duration_to_seconds", string("1h30m"), "be a duration: digits for seconds"),
            ("duration_to_seconds", string("0"), "and be at least one second"),
            ("duration_to_seconds", string("9223372036854775808"), "be a duration: digits"),
            ("seconds_to_duration", ValueAny::Number(0), "be 1 or more"),
            ("seconds_to_duration", ValueAny::Number(-60), "be 1 or more"),
            ("parse_id", ValueAny::Unknown, "one known string"),
            ("seconds_to_duration", ValueAny::Null, "one known number"),
        ] {
            let failure = call(name, argument).unwrap_err();
            assert_eq!(failure.argument, 0);
            assert!(failure.message.contains(rule), "{name}: {}", failure.message);
        }
    }
}
