//! Expected values: exact JSON, or a word that begins with `$`.
//!
//! | Word | Matches |
//! |---|---|
//! | `"$set"` | anything but null and the empty string |
//! | `"$kept"`, `"$changed"` | the value that the previous step left, or any other |
//! | `"$like REGEX"` | a string in which the expression matches |
//! | `"$same_as ADDRESS.ATTRIBUTE"` | the current value of that attribute |

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;
use serde_json::Value;

/// The values that a word may refer to.
pub(crate) struct References<'a> {
    /// The value that the previous step left at the same place.
    pub(crate) before: Option<&'a Value>,
    /// The current value of `ADDRESS.ATTRIBUTE`.
    pub(crate) lookup: &'a dyn Fn(&str) -> Option<Value>,
}

impl References<'_> {
    /// For values where no word may refer to another.
    pub(crate) const NONE: References<'static> = References { before: None, lookup: &|_| None };
}

/// Ok if `actual` matches `expected`.
pub(crate) fn check(expected: &Value, actual: &Value, references: &References<'_>) -> Result<()> {
    match (expected, actual) {
        (Value::String(word), _) if word.starts_with('$') => check_word(word, actual, references),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs.into_iter().try_for_each(|(index, (expected, actual))| {
                check(expected, actual, &References { before: None, ..*references })
                    .with_context(|| format!("[{index}]"))
            })
        }
        (Value::Object(expected), Value::Object(actual))
            if expected.len() == actual.len()
                && expected.keys().all(|k| actual.contains_key(k)) =>
        {
            expected.iter().try_for_each(|(key, expected)| {
                check(expected, &actual[key], &References { before: None, ..*references })
                    .with_context(|| format!(".{key}"))
            })
        }
        _ => {
            ensure!(expected == actual, "expected {expected}, found {actual}");
            Ok(())
        }
    }
}

fn check_word(word: &str, actual: &Value, references: &References<'_>) -> Result<()> {
    let before = || references.before.context("the previous step left no value here");
    match word.split_once(' ').unwrap_or((word, "")) {
        ("$set", "") => ensure!(
            !matches!(actual, Value::Null) && actual != "",
            "expected a value, found {actual}"
        ),
        ("$kept", "") => {
            let before = before()?;
            ensure!(before == actual, "expected {before}, as before, found {actual}");
        }
        ("$changed", "") => {
            ensure!(before()? != actual, "expected a value other than {actual}");
        }
        ("$like", pattern) => {
            let text = actual.as_str().with_context(|| format!("{actual} is not a string"))?;
            let found = Regex::new(pattern)?.is_match(text);
            ensure!(found, "expected a match for {pattern}, found {actual}");
        }
        ("$same_as", place) => {
            let other =
                (references.lookup)(place).with_context(|| format!("there is no {place}"))?;
            ensure!(other == *actual, "expected {other}, as at {place}, found {actual}");
        }
        _ => bail!("there is no word {word}"),
    }
    Ok(())
}
