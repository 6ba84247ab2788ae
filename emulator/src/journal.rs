//! What was asked and answered, in order, with secrets masked.

use crate::model::timestamp::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Larger bodies are not kept: a list of a thousand secrets says little and weighs a lot.
const LARGEST_BODY: usize = 64 * 1024;
/// Fields whose value is never kept.
const SECRET_FIELDS: &[&str] =
    &["access_token", "api_key", "apikey", "cr_token", "payload", "refresh_token"];
const MASK: &str = "***";

/// One exchange.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counts from 1, without gaps, since the journal was last cleared.
    pub seq: u64,
    /// When it was answered, by the emulator's clock.
    pub time: Timestamp,
    /// The method.
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The host it was addressed to.
    pub host: String,
    /// The operation; null when there is none.
    pub operation: Option<&'static str>,
    /// The status answered; null when the connection was dropped instead.
    pub status: Option<u16>,
    /// Whether there was an `Authorization` header.
    pub authorized: bool,
    /// The content type of the request.
    pub content_type: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// Names the exchange in answers.
    pub correlation_id: String,
    /// The request's JSON or form fields, masked; null when there were none.
    pub request_body: Option<Box<RawValue>>,
    /// The answer's JSON, masked; null when there was none.
    pub response_body: Option<Box<RawValue>>,
    /// Whether an injected fault had to do with the answer.
    pub fault: bool,
}

/// Which entries are wanted; absent means any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The method.
    pub method: Option<String>,
    /// A part of the path.
    pub path: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The status.
    pub status: Option<u16>,
    /// Later than that entry.
    pub after: Option<u64>,
    /// At most so many, the last ones.
    pub limit: Option<usize>,
}

/// The last exchanges.
pub struct Journal {
    inner: Mutex<Inner>,
    capacity: usize,
}

#[derive(Default)]
struct Inner {
    seq: u64,
    entries: VecDeque<Entry>,
}

impl Journal {
    /// A journal that keeps the last `capacity` exchanges.
    pub fn new(capacity: usize) -> Self {
        Self { inner: Mutex::default(), capacity }
    }

    /// Writes an entry and numbers it.
    pub fn record(&self, mut entry: Entry) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.seq += 1;
        entry.seq = inner.seq;
        if inner.entries.len() >= self.capacity {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
    }

    /// How many entries match, and those that are wanted, oldest first.
    pub fn find(&self, filter: &Filter) -> (usize, Vec<Entry>) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<&Entry> = inner.entries.iter().filter(|entry| filter.wants(entry)).collect();
        let skipped = filter.limit.map_or(0, |limit| found.len().saturating_sub(limit));
        let wanted = found.iter().skip(skipped).map(|entry| (*entry).clone()).collect();
        (found.len(), wanted)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        *inner = Inner::default();
    }
}

impl Filter {
    fn wants(&self, entry: &Entry) -> bool {
        self.method.as_ref().is_none_or(|method| entry.method.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|path| entry.path.contains(path))
            && self.operation.as_deref().is_none_or(|operation| entry.operation == Some(operation))
            && self.status.is_none_or(|status| entry.status == Some(status))
            && self.after.is_none_or(|seq| entry.seq > seq)
    }
}

/// A body as it may be kept: masked, or nothing when it is not readable or too large.
pub fn masked(content_type: Option<&str>, body: &[u8]) -> Option<Box<RawValue>> {
    if body.is_empty() || body.len() > LARGEST_BODY {
        return None;
    }
    let is_form =
        content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let mut value = if is_form {
        let fields = form_urlencoded::parse(body).into_owned();
        Value::Object(
            fields.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>(),
        )
    } else {
        serde_json::from_slice(body).ok()?
    };
    mask(&mut value);
    serde_json::value::to_raw_value(&value).ok()
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if SECRET_FIELDS.contains(&name.as_str()) && value.is_string() {
                    *value = Value::String(MASK.to_owned());
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(content_type: &str, body: &str) -> Option<String> {
        masked(Some(content_type), body.as_bytes()).map(|raw| raw.get().to_owned())
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        assert_eq!(
            kept("application/json", r#"{"name":"a","api_key":"k","list":[{"apikey":"k"}]}"#)
                .unwrap(),
            r#"{"api_key":"***","list":[{"apikey":"***"}],"name":"a"}"#
        );
        assert_eq!(
            kept("application/x-www-form-urlencoded", "grant_type=g&apikey=k").unwrap(),
            r#"{"apikey":"***","grant_type":"g"}"#
        );
        assert_eq!(
            kept("application/json", r#"{"apikey":{"name":"n","apikey":"k"}}"#).unwrap(),
            r#"{"apikey":{"apikey":"***","name":"n"}}"#
        );
    }

    #[test]
    fn what_cannot_be_masked_is_not_kept() {
        assert_eq!(kept("application/json", r#"{"api_key":"k""#), None);
        assert_eq!(kept("application/json", ""), None);
    }
}
