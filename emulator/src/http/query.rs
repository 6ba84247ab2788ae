//! A query, taken apart parameter by parameter; what is left over does not exist.

use crate::http::operation::Call;
use crate::refusal::{Refusal, Result};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The parameters of a query that were not taken yet.
#[derive(Debug)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// The query of a request; a parameter that comes twice is refused.
    pub fn of(call: &Call) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(call.query.as_bytes()) {
            if parameters.contains_key(name.as_ref()) {
                return Err(Refusal::query(&name, "is given twice"));
            }
            parameters.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(parameters))
    }

    /// Refuses any parameter.
    pub fn none(call: &Call) -> Result<()> {
        Self::of(call)?.finish()
    }

    /// A parameter as it is.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A whole number in a range.
    pub fn number(
        &mut self,
        name: &str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let rule = format!("must be a number from {} to {}", range.start(), range.end());
            Refusal::query(name, &rule)
        })
    }

    /// `true` or `false`; false when absent.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::query(name, "must be true or false")),
        }
    }

    /// One of some words.
    pub fn word(&mut self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let word = words.iter().copied().find(|word| *word == text);
        match word {
            Some(word) => Ok(Some(word)),
            None => Err(Refusal::query(name, &format!("must be one of {}", words.join(", ")))),
        }
    }

    /// A search text of 2 to 128 characters.
    pub fn search(&mut self) -> Result<Option<String>> {
        let text = self.text("search");
        match &text {
            Some(text) if !(2..=128).contains(&text.chars().count()) => {
                Err(Refusal::query("search", "must have 2 to 128 characters"))
            }
            _ => Ok(text),
        }
    }

    /// A comma list whose items follow a rule.
    pub fn list(
        &mut self,
        name: &str,
        most: usize,
        holds: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<String>>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let items: Vec<String> = text.split(',').map(str::to_owned).collect();
        if items.len() > most {
            return Err(Refusal::query(name, &format!("must have at most {most} items")));
        }
        match items.iter().find(|item| !holds(item)) {
            Some(_) => Err(Refusal::query(name, "has an item that is not allowed")),
            None => Ok(Some(items)),
        }
    }

    /// Refuses what was not taken.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::query(name, "is unknown")),
        }
    }
}
