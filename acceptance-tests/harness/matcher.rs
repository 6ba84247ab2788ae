//! Expected values: JSON to the letter, or a word that begins with `$`.
//!
//! | Word | Holds for |
//! |---|---|
//! | `"$set"` | anything but null and the empty string |
//! | `"$kept"`, `"$changed"` | the value after the step before, or another one |
//! | `"$like REGEX"` | a string that the expression finds something in |
//! | `"$same_as ADDRESS.ATTRIBUTE"` | the value of that attribute now |

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;
use serde_json::Value;

/// What a word may refer to.
pub(crate) struct Around<'a> {
    /// The value at the same place after the step before.
    pub(crate) before: Option<&'a Value>,
    /// The value of `ADDRESS.ATTRIBUTE` now.
    pub(crate) lookup: &'a dyn Fn(&str) -> Option<Value>,
}

impl Around<'_> {
    /// Nothing to refer to.
    pub(crate) const NOTHING: Around<'static> = Around { before: None, lookup: &|_| None };
}

/// Ok if `actual` is what `expected` says.
pub(crate) fn check(expected: &Value, actual: &Value, around: &Around<'_>) -> Result<()> {
    match (expected, actual) {
        (Value::String(word), _) if word.starts_with('$') => check_word(word, actual, around),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs.into_iter().try_for_each(|(index, (expected, actual))| {
                check(expected, actual, &Around { before: None, ..*around })
                    .with_context(|| format!("[{index}]"))
            })
        }
        (Value::Object(expected), Value::Object(actual))
            if expected.len() == actual.len()
                && expected.keys().all(|k| actual.contains_key(k)) =>
        {
            expected.iter().try_for_each(|(key, expected)| {
                check(expected, &actual[key], &Around { before: None, ..*around })
                    .with_context(|| format!(".{key}"))
            })
        }
        _ => {
            ensure!(expected == actual, "expected {expected}, found {actual}");
            Ok(())
        }
    }
}

fn check_word(word: &str, actual: &Value, around: &Around<'_>) -> Result<()> {
    let before = || around.before.context("there is no value of a step before");
    match word.split_once(' ').unwrap_or((word, "")) {
        ("$set", "") => ensure!(
            !matches!(actual, Value::Null) && actual != "",
            "expected a value, found {actual}"
        ),
        ("$kept", "") => {
            let before = before()?;
            ensure!(before == actual, "expected {before} as before, found {actual}");
        }
        ("$changed", "") => {
            ensure!(before()? != actual, "expected another value than {actual}");
        }
        ("$like", pattern) => {
            let text = actual.as_str().with_context(|| format!("{actual} is not a string"))?;
            let found = Regex::new(pattern)?.is_match(text);
            ensure!(found, "expected something like {pattern}, found {actual}");
        }
        ("$same_as", place) => {
            let other = (around.lookup)(place).with_context(|| format!("there is no {place}"))?;
            ensure!(other == *actual, "expected {other} as in {place}, found {actual}");
        }
        _ => bail!("{word} is not a word for an expected value"),
    }
    Ok(())
}
