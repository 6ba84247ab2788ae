//! Takes a query apart parameter by parameter; parameters left over are unknown.

use crate::error::{ApiError, Result};
use crate::http::operation::ApiRequest;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The parameters of a query that have not been taken yet.
#[derive(Debug)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// The query of a request; a repeated parameter is refused.
    pub fn of(request: &ApiRequest) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
            if parameters.contains_key(name.as_ref()) {
                return Err(ApiError::query(&name, "is given twice"));
            }
            parameters.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(parameters))
    }

    /// Fails if there is any parameter.
    pub fn none(request: &ApiRequest) -> Result<()> {
        Self::of(request)?.finish()
    }

    /// Adds the parameters that are not given yet.
    pub fn fill(&mut self, more: BTreeMap<String, String>) {
        for (name, value) in more {
            self.0.entry(name).or_insert(value);
        }
    }

    /// The parameters that have not been taken yet.
    pub fn rest(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// A parameter, unchecked.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A parameter that must be there.
    pub fn required_text(&mut self, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| ApiError::query(name, "is required"))
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
            ApiError::query(name, &rule)
        })
    }

    /// `true` or `false`; false when absent.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::query(name, "must be true or false")),
        }
    }

    /// One of several words.
    pub fn word(&mut self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let word = words.iter().copied().find(|word| *word == text);
        match word {
            Some(word) => Ok(Some(word)),
            None => Err(ApiError::query(name, &format!("must be one of {}", words.join(", ")))),
        }
    }

    /// A search text of 2 to 128 characters.
    pub fn search(&mut self) -> Result<Option<String>> {
        let text = self.text("search");
        match &text {
            Some(text) if !(2..=128).contains(&text.chars().count()) => {
                Err(ApiError::query("search", "must have 2 to 128 characters"))
            }
            _ => Ok(text),
        }
    }

    /// A comma-separated list whose items follow a rule.
    pub fn list(
        &mut self,
        name: &str,
        most: usize,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<String>>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let items: Vec<String> = text.split(',').map(str::to_owned).collect();
        if items.len() > most {
            return Err(ApiError::query(name, &format!("must have at most {most} items")));
        }
        match items.iter().find(|item| !is_valid(item)) {
            Some(_) => Err(ApiError::query(name, "has an item that is not allowed")),
            None => Ok(Some(items)),
        }
    }

    /// Fails if a parameter is left over.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::query(name, "is unknown")),
        }
    }
}
