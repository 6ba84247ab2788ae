//! A JSON body, taken apart field by field; what is left over does not exist.

use crate::http::operation::Call;
use crate::model::secret::Metadata;
use crate::refusal::{Kind, Refusal, Result};
use serde_json::{Map, Value};

/// Largest size of attached metadata (ibm-api.md 4.12).
const METADATA_BYTES: usize = 10 * 1024;

/// A field of a merge patch (RFC 7396).
#[derive(Clone, Debug, PartialEq)]
pub enum Patch<T> {
    /// Not in the body: stays.
    Keep,
    /// `null`: is removed.
    Remove,
    /// A new value.
    Set(T),
}

/// The fields of a body that were not taken yet.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The body of a request that must be of that content type.
    pub fn of(call: &Call, content_type: &str) -> Result<Self> {
        let given = call.header("content-type").unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(content_type) {
            return Err(Refusal::new(
                Kind::MediaType,
                format!("The body must have the content type {content_type}."),
            ));
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Refusal::new(Kind::Invalid, "The body must be a JSON object.")),
            Err(error) => Err(Refusal::new(
                Kind::Invalid,
                // The position only: the text around it may be a secret.
                format!(
                    "The body is not valid JSON at line {} column {}.",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }

    /// The body of a POST or PUT.
    pub fn json(call: &Call) -> Result<Self> {
        Self::of(call, "application/json")
    }

    /// The body of a Secrets Manager PATCH.
    pub fn merge_patch(call: &Call) -> Result<Self> {
        Self::of(call, "application/merge-patch+json")
    }

    /// An object inside a body; its fields are taken apart likewise.
    pub fn nested(name: &str, value: Value) -> Result<Self> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(Refusal::field(name, "must be an object")),
        }
    }

    /// Whether the body has the field.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The field as it is.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A string, checked against its rule.
    pub fn text(&mut self, name: &str, rule: Rule) -> Result<Option<String>> {
        let value = self.value(name);
        value.map(|value| text(name, value, rule)).transpose()
    }

    /// A string that must be there.
    pub fn required_text(&mut self, name: &str, rule: Rule) -> Result<String> {
        self.text(name, rule)?.ok_or_else(|| missing(name))
    }

    /// A string of a merge patch.
    pub fn patch_text(&mut self, name: &str, rule: Rule) -> Result<Patch<String>> {
        self.patch(name, |value| text(name, value, rule))
    }

    /// A field of a merge patch, read by `read`.
    pub fn patch<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T>,
    ) -> Result<Patch<T>> {
        match self.value(name) {
            None => Ok(Patch::Keep),
            Some(Value::Null) => Ok(Patch::Remove),
            Some(value) => read(value).map(Patch::Set),
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Refusal::field(name, "must be a boolean")),
        }
    }

    /// A list of strings.
    pub fn texts(
        &mut self,
        name: &str,
        rule: Rule,
        count: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<Vec<String>>> {
        let value = self.value(name);
        value.map(|value| texts(name, value, rule, count)).transpose()
    }

    /// Attached metadata.
    pub fn metadata(&mut self, name: &str) -> Result<Option<Metadata>> {
        let value = self.value(name);
        value.map(|value| metadata(name, value)).transpose()
    }

    /// Refuses what was not taken.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Refusal::new(Kind::UnknownField, format!("Unknown field '{name}' in body.")))
            }
        }
    }
}

/// What a string must look like, and the sentence for the caller when it does not.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Whether the string is fine.
    pub holds: fn(&str) -> bool,
    /// What it should be.
    pub says: &'static str,
}

/// A field that must be there.
pub fn missing(name: &str) -> Refusal {
    Refusal::field(name, "is required")
}

/// A string, checked against its rule.
pub fn text(name: &str, value: Value, rule: Rule) -> Result<String> {
    match value {
        Value::String(text) if (rule.holds)(&text) => Ok(text),
        Value::String(_) => Err(Refusal::field(name, rule.says)),
        _ => Err(Refusal::field(name, "must be a string")),
    }
}

/// A list of strings, each checked against the rule.
pub fn texts(
    name: &str,
    value: Value,
    rule: Rule,
    count: std::ops::RangeInclusive<usize>,
) -> Result<Vec<String>> {
    let Value::Array(items) = value else {
        return Err(Refusal::field(name, "must be a list of strings"));
    };
    if !count.contains(&items.len()) {
        let rule = format!("must have {} to {} items", count.start(), count.end());
        return Err(Refusal::field(name, &rule));
    }
    items.into_iter().map(|item| text(name, item, rule)).collect()
}

/// Attached metadata.
pub fn metadata(name: &str, value: Value) -> Result<Metadata> {
    let Value::Object(metadata) = value else {
        return Err(Refusal::field(name, "must be an object"));
    };
    let size = serde_json::to_string(&metadata).map_or(usize::MAX, |text| text.len());
    if size > METADATA_BYTES {
        return Err(Refusal::field(name, "must not be larger than 10 KB"));
    }
    Ok(metadata)
}
