//! Takes a JSON body apart field by field; fields left over are unknown.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::operation::ApiRequest;
use crate::model::secret::Metadata;
use serde_json::{Map, Value};

/// The largest size of custom metadata (ibm-api.md 4.12).
const METADATA_BYTES: usize = 10 * 1024;

/// A field of a merge patch (RFC 7396).
#[derive(Clone, Debug, PartialEq)]
pub enum Patch<T> {
    /// Not in the body: the value stays.
    Keep,
    /// `null`: the value is removed.
    Remove,
    /// A new value.
    Set(T),
}

/// The fields of a body that have not been taken yet.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The body of a request, which must have that content type.
    pub fn of(request: &ApiRequest, content_type: &str) -> Result<Self> {
        let given = request.header("content-type").unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(content_type) {
            return Err(ApiError::new(
                ErrorKind::MediaType,
                format!("The body must have the content type {content_type}."),
            ));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::new(ErrorKind::Invalid, "The body must be a JSON object.")),
            Err(error) => Err(ApiError::new(
                ErrorKind::Invalid,
                // Only the position: the text around it may be secret.
                format!(
                    "The body is not valid JSON at line {} column {}.",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }

    /// The body of a POST or PUT.
    pub fn json(request: &ApiRequest) -> Result<Self> {
        Self::of(request, "application/json")
    }

    /// The body of a Secrets Manager PATCH.
    pub fn merge_patch(request: &ApiRequest) -> Result<Self> {
        Self::of(request, "application/merge-patch+json")
    }

    /// A nested object.
    pub fn nested(name: &str, value: Value) -> Result<Self> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(ApiError::field(name, "must be an object")),
        }
    }

    /// Whether the body has the field.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The field, unchecked.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A string that follows the rule.
    pub fn text(&mut self, name: &str, rule: Rule) -> Result<Option<String>> {
        let value = self.value(name);
        value.map(|value| text(name, value, rule)).transpose()
    }

    /// A required string.
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
            Some(_) => Err(ApiError::field(name, "must be a boolean")),
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

    /// Custom metadata.
    pub fn metadata(&mut self, name: &str) -> Result<Option<Metadata>> {
        let value = self.value(name);
        value.map(|value| metadata(name, value)).transpose()
    }

    /// Fails if a field is left over.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::new(
                ErrorKind::UnknownField,
                format!("Unknown field '{name}' in body."),
            )),
        }
    }
}

/// A rule for strings, and the message for the caller when it is broken.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Whether a string follows the rule.
    pub is_valid: fn(&str) -> bool,
    /// The message.
    pub message: &'static str,
}

/// The error for a missing field.
pub fn missing(name: &str) -> ApiError {
    ApiError::field(name, "is required")
}

/// A string that follows the rule.
pub fn text(name: &str, value: Value, rule: Rule) -> Result<String> {
    match value {
        Value::String(text) if (rule.is_valid)(&text) => Ok(text),
        Value::String(_) => Err(ApiError::field(name, rule.message)),
        _ => Err(ApiError::field(name, "must be a string")),
    }
}

/// A list of strings that follow the rule.
pub fn texts(
    name: &str,
    value: Value,
    rule: Rule,
    count: std::ops::RangeInclusive<usize>,
) -> Result<Vec<String>> {
    let Value::Array(items) = value else {
        return Err(ApiError::field(name, "must be a list of strings"));
    };
    if !count.contains(&items.len()) {
        let rule = format!("must have {} to {} items", count.start(), count.end());
        return Err(ApiError::field(name, &rule));
    }
    items.into_iter().map(|item| text(name, item, rule)).collect()
}

/// Custom metadata.
pub fn metadata(name: &str, value: Value) -> Result<Metadata> {
    let Value::Object(metadata) = value else {
        return Err(ApiError::field(name, "must be an object"));
    };
    let size = serde_json::to_string(&metadata).map_or(usize::MAX, |text| text.len());
    if size > METADATA_BYTES {
        return Err(ApiError::field(name, "must not be larger than 10 KB"));
    }
    Ok(metadata)
}
