//! Checks of one attribute's value that any noun can use.
//!
//! A check sees known values only: null and unknown always pass, so checks can
//! be combined and an unknown value never fails a plan. A check answers with
//! the rule that was broken, worded to follow "must"; it never repeats the
//! value, which may be a secret. [`super::field::FieldSet::check`] adds path and
//! value.

use super::value::ValueAny;

/// A rule on a known value. `Err` completes the sentence "It must …".
pub type Rule = Box<dyn Fn(&ValueAny) -> Result<(), String> + Send + Sync>;

/// A string for which `holds` is true; `must` words the rule.
pub fn text(must: &'static str, holds: fn(&str) -> bool) -> Rule {
    Box::new(move |value| match value {
        ValueAny::String(text) if !holds(text) => Err(must.to_owned()),
        _ => Ok(()),
    })
}

/// A string of `min` to `max` characters.
pub fn length(min: usize, max: usize) -> Rule {
    Box::new(move |value| match value {
        ValueAny::String(text) => within(text.chars().count(), min, max, "characters"),
        _ => Ok(()),
    })
}

/// One of the given strings.
pub fn one_of(allowed: &'static [&'static str]) -> Rule {
    Box::new(move |value| match value {
        ValueAny::String(text) if !allowed.contains(&text.as_str()) => {
            let quoted: Vec<String> = allowed.iter().map(|one| format!("{one:?}")).collect();
            Err(format!("be one of {}", quoted.join(", ")))
        }
        _ => Ok(()),
    })
}

/// A number that is at least `min`.
pub fn at_least(min: i64) -> Rule {
    Box::new(move |value| match value {
        ValueAny::Number(number) if *number < min => Err(format!("be {min} or more")),
        _ => Ok(()),
    })
}

/// A list of `min` to `max` elements, or a map of as many entries.
pub fn count(min: usize, max: usize) -> Rule {
    Box::new(move |value| match value {
        ValueAny::List(items) => within(items.len(), min, max, "elements"),
        ValueAny::Map(entries) => within(entries.len(), min, max, "entries"),
        _ => Ok(()),
    })
}

/// Whether every character is an ASCII letter, a digit, or one of `others`, and
/// there is at least one.
pub fn made_of(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn within(count: usize, min: usize, max: usize, what: &str) -> Result<(), String> {
    if (min..=max).contains(&count) {
        Ok(())
    } else {
        Err(format!("have {min} to {max} {what}, and has {count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    #[test]
    fn null_and_unknown_pass_every_check() {
        let checks =
            [text("be x", |t| t == "x"), length(2, 3), one_of(&["a"]), count(1, 1), at_least(1)];
        for check in checks {
            for value in [ValueAny::Null, ValueAny::Unknown] {
                assert_eq!(check(&value), Ok(()));
            }
        }
    }

    #[test]
    fn a_broken_rule_is_worded_without_the_value() {
        let broken = |rule: Rule, value: ValueAny| rule(&value).unwrap_err();
        assert_eq!(
            broken(one_of(&["public", "private"]), string("vpe")),
            "be one of \"public\", \"private\""
        );
        assert_eq!(broken(length(2, 3), string("a")), "have 2 to 3 characters, and has 1");
        assert_eq!(broken(count(1, 2), ValueAny::List(vec![])), "have 1 to 2 elements, and has 0");
        assert_eq!(broken(at_least(1), ValueAny::Number(0)), "be 1 or more");
        assert_eq!(broken(text("be x", |t| t == "x"), string("y")), "be x");
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(length(2, 3)(&string("äöü")), Ok(()));
    }

    #[test]
    fn a_made_of_text_has_only_those_characters() {
        assert!(made_of("us-south", "-"));
        assert!(!made_of("us/south", "-"));
        assert!(!made_of("", "-"));
    }
}
