//! Validators of one attribute's value.
//!
//! A validator checks known values only: null and unknown always pass, so that
//! validators can be combined and an unknown value never fails a plan. It says the
//! rule that a value breaks, worded to follow "must", and never the value, which may
//! be a secret. [`super::schema::Schema::validate`] adds path and value. Documentation
//! has the same rule, so a limit is written once.

use std::borrow::Cow;

use super::value::ValueAny;

/// A validator of a known value.
pub struct Validator {
    /// The rule, which completes the sentence "The value must …".
    pub rule: Cow<'static, str>,
    check: Check,
}

/// `Err` completes the sentence "The value must …" for the value at hand.
type Check = Box<dyn Fn(&ValueAny) -> Result<(), String> + Send + Sync>;

impl Validator {
    /// A validator that says `rule` in documentation, and what `check` says of a value that breaks
    /// it.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        check: impl Fn(&ValueAny) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Validator { rule: rule.into(), check: Box::new(check) }
    }

    /// Ok if the value is null, unknown, or as the rule says.
    pub fn check(&self, value: &ValueAny) -> Result<(), String> {
        (self.check)(value)
    }
}

/// A string for which `matches` is true, as `rule` says after "must".
pub fn matching(rule: &'static str, matches: fn(&str) -> bool) -> Validator {
    Validator::new(rule, move |value| match value {
        ValueAny::String(text) if !matches(text) => Err(rule.to_owned()),
        _ => Ok(()),
    })
}

/// A string that `check` accepts; its error says what is wrong with this one, after "must".
pub fn checked(rule: &'static str, check: fn(&str) -> Result<(), String>) -> Validator {
    Validator::new(rule, move |value| match value {
        ValueAny::String(text) => check(text),
        _ => Ok(()),
    })
}

/// A string of `min` to `max` characters.
pub fn length(min: usize, max: usize) -> Validator {
    let rule = bounds(min, max, "characters");
    Validator::new(rule.clone(), move |value| match value {
        ValueAny::String(text) => within(text.chars().count(), min, max, &rule),
        _ => Ok(()),
    })
}

/// One of the given strings.
pub fn one_of(allowed: &'static [&'static str]) -> Validator {
    let quoted: Vec<String> = allowed.iter().map(|value| format!("{value:?}")).collect();
    let rule = match &quoted[..] {
        [only] => format!("be {only}"),
        _ => format!("be one of {}", quoted.join(", ")),
    };
    Validator::new(rule.clone(), move |value| match value {
        ValueAny::String(text) if !allowed.contains(&text.as_str()) => Err(rule.clone()),
        _ => Ok(()),
    })
}

/// A number that is at least `min`.
pub fn at_least(min: i64) -> Validator {
    let rule = format!("be {min} or more");
    Validator::new(rule.clone(), move |value| match value {
        ValueAny::Number(number) if *number < min => Err(rule.clone()),
        _ => Ok(()),
    })
}

/// A list of `min` to `max` elements.
pub fn count(min: usize, max: usize) -> Validator {
    let rule = bounds(min, max, "elements");
    Validator::new(rule.clone(), move |value| match value {
        ValueAny::List(items) => within(items.len(), min, max, &rule),
        _ => Ok(()),
    })
}

fn bounds(min: usize, max: usize, unit: &str) -> String {
    match (min, max) {
        (1, 1) => format!("have exactly 1 {}", unit.trim_end_matches('s')),
        (0, _) => format!("have up to {max} {unit}"),
        _ => format!("have {min} to {max} {unit}"),
    }
}

fn within(count: usize, min: usize, max: usize, rule: &str) -> Result<(), String> {
    if (min..=max).contains(&count) { Ok(()) } else { Err(format!("{rule}, and has {count}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    #[test]
    fn null_and_unknown_pass_every_validator() {
        let validators = [
            matching("be x", |t| t == "x"),
            length(2, 3),
            one_of(&["a"]),
            count(1, 1),
            at_least(1),
        ];
        for validator in validators {
            for value in [ValueAny::Null, ValueAny::Unknown] {
                assert_eq!(validator.check(&value), Ok(()));
            }
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_value() {
        let broken = |rule: Validator, value: ValueAny| rule.check(&value).unwrap_err();
        assert_eq!(
            broken(one_of(&["public", "private"]), string("vpe")),
            "be one of \"public\", \"private\""
        );
        assert_eq!(broken(length(2, 3), string("a")), "have 2 to 3 characters, and has 1");
        assert_eq!(broken(count(1, 2), ValueAny::List(vec![])), "have 1 to 2 elements, and has 0");
        assert_eq!(broken(one_of(&["vpe"]), string("x")), "be \"vpe\"");
        assert_eq!(broken(length(0, 1), string("ab")), "have up to 1 characters, and has 2");
        assert_eq!(
            broken(count(1, 1), ValueAny::List(vec![])),
            "have exactly 1 element, and has 0"
        );
        assert_eq!(broken(at_least(1), ValueAny::Number(0)), "be 1 or more");
        assert_eq!(broken(matching("be x", |t| t == "x"), string("y")), "be x");
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(length(2, 3).check(&string("äöü")), Ok(()));
    }
}
