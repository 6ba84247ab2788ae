//! A journal of requests and responses, in order, with secrets masked.

use crate::model::timestamp::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Larger bodies are not kept: a list of a thousand secrets says little and takes much memory.
const LARGEST_BODY: usize = 64 * 1024;
/// The most that all entries together may hold in bodies, in bytes: without it, ten thousand of the
/// largest bodies would be a gigabyte.
const LARGEST_JOURNAL: usize = 64 * 1024 * 1024;
/// Fields whose values are masked.
const SECRET_FIELDS: &[&str] =
    &["access_token", "api_key", "apikey", "cr_token", "payload", "refresh_token"];
const MASK: &str = "***";

/// One request and its response.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// A number that starts at 1 when the journal is cleared, without gaps.
    pub seq: u64,
    /// When the response was made, by the emulator's clock.
    pub time: Timestamp,
    /// The method.
    pub method: String,
    /// The path as received, percent-encoded.
    pub path: String,
    /// The query as received.
    pub query: String,
    /// The host that was addressed.
    pub host: String,
    /// The operation; null if the route does not exist.
    pub operation: Option<&'static str>,
    /// The status of the response; null if the connection was dropped instead.
    pub status: Option<u16>,
    /// Whether the request had an `Authorization` header.
    pub authorized: bool,
    /// The content type of the request.
    pub content_type: Option<String>,
    /// The `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// The correlation id in the response.
    pub correlation_id: String,
    /// The JSON or form fields of the request, masked; null if there were none.
    pub request_body: Option<Box<RawValue>>,
    /// The JSON of the response, masked; null if there was none.
    pub response_body: Option<Box<RawValue>>,
    /// Whether an injected fault affected the response.
    pub fault: bool,
    /// What is masked in the two bodies.
    #[serde(skip)]
    pub secrets: Vec<String>,
}

impl Entry {
    fn bytes(&self) -> usize {
        let bodies = [&self.request_body, &self.response_body].into_iter().flatten();
        let secrets = self.secrets.iter().map(String::len);
        bodies.map(|body| body.get().len()).chain(secrets).sum()
    }
}

/// Selects entries; an absent field matches all.
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
    /// Only entries after this number.
    pub after: Option<u64>,
    /// Only the last entries, at most so many.
    pub limit: Option<usize>,
}

/// The last requests and responses.
pub struct Journal {
    inner: Mutex<Inner>,
    capacity: usize,
}

#[derive(Default)]
struct Inner {
    seq: u64,
    entries: VecDeque<Entry>,
    /// What the entries hold in bodies.
    bytes: usize,
}

impl Journal {
    /// A journal that keeps the last `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { inner: Mutex::default(), capacity }
    }

    /// Adds an entry and numbers it.
    pub fn record(&self, mut entry: Entry) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.seq += 1;
        entry.seq = inner.seq;
        inner.bytes += entry.bytes();
        inner.entries.push_back(entry);
        while inner.entries.len() > self.capacity || inner.bytes > LARGEST_JOURNAL {
            let Some(oldest) = inner.entries.pop_front() else { break };
            inner.bytes -= oldest.bytes();
        }
    }

    /// How many entries match, and the last ones within the limit, oldest first.
    pub fn find(&self, filter: &Filter) -> (usize, Vec<Entry>) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<&Entry> = inner.entries.iter().filter(|entry| filter.wants(entry)).collect();
        let skipped = filter.limit.map_or(0, |limit| found.len().saturating_sub(limit));
        let wanted = found.iter().skip(skipped).map(|entry| (*entry).clone()).collect();
        (found.len(), wanted)
    }

    /// Everything that is masked in the entries, each value once.
    pub fn secrets(&self) -> BTreeSet<String> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.entries.iter().flat_map(|entry| entry.secrets.iter().cloned()).collect()
    }

    /// Removes all entries and starts numbering anew.
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

/// A body with secrets masked, which are added to `secrets`; nothing if it cannot be parsed or is too
/// large.
pub fn masked(
    content_type: Option<&str>,
    body: &[u8],
    secrets: &mut Vec<String>,
) -> Option<Box<RawValue>> {
    if body.is_empty() || body.len() > LARGEST_BODY {
        return None;
    }
    let is_form =
        content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let mut value = if is_form {
        let fields = form_urlencoded::parse(body).into_owned();
        let fields = fields.map(|(name, value)| (name, Value::String(value)));
        Value::Object(fields.collect::<Map<_, _>>())
    } else {
        serde_json::from_slice(body).ok()?
    };
    mask(&mut value, secrets);
    serde_json::value::to_raw_value(&value).ok()
}

fn mask(value: &mut Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(secret) if SECRET_FIELDS.contains(&name.as_str()) => {
                        secrets.push(std::mem::replace(secret, MASK.to_owned()));
                    }
                    _ => mask(value, secrets),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: &str, body: &str) -> Option<String> {
        let raw = masked(Some(content_type), body.as_bytes(), &mut Vec::new());
        raw.map(|raw| raw.get().to_owned())
    }

    #[test]
    fn bodies_are_bounded_together() {
        let journal = Journal::new(10_000);
        let half: Box<RawValue> =
            serde_json::value::to_raw_value(&"x".repeat(LARGEST_JOURNAL / 2)).unwrap();
        for _ in 0..3 {
            journal.record(Entry {
                seq: 0,
                time: Timestamp::EPOCH,
                method: String::new(),
                path: String::new(),
                query: String::new(),
                host: String::new(),
                operation: None,
                status: None,
                authorized: false,
                content_type: None,
                user_agent: None,
                correlation_id: String::new(),
                request_body: Some(half.clone()),
                response_body: None,
                fault: false,
                secrets: Vec::new(),
            });
        }
        let (total, entries) = journal.find(&Filter::default());
        assert_eq!((total, entries.last().unwrap().seq), (1, 3));
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        assert_eq!(
            request("application/json", r#"{"name":"a","api_key":"k","list":[{"apikey":"k"}]}"#)
                .unwrap(),
            r#"{"api_key":"***","list":[{"apikey":"***"}],"name":"a"}"#
        );
        assert_eq!(
            request("application/x-www-form-urlencoded", "grant_type=g&apikey=k").unwrap(),
            r#"{"apikey":"***","grant_type":"g"}"#
        );
        assert_eq!(
            request("application/json", r#"{"apikey":{"name":"n","apikey":"k"}}"#).unwrap(),
            r#"{"apikey":{"apikey":"***","name":"n"}}"#
        );
    }

    #[test]
    fn what_is_masked_is_told() {
        let mut secrets = Vec::new();
        masked(None, br#"{"apikey":"k","list":[{"payload":"p","name":"n"}]}"#, &mut secrets);
        masked(Some("application/x-www-form-urlencoded"), b"apikey=a%2Bb", &mut secrets);
        assert_eq!(secrets, ["k", "p", "a+b"]);
    }

    #[test]
    fn what_cannot_be_masked_is_not_kept() {
        assert_eq!(request("application/json", r#"{"api_key":"k""#), None);
        assert_eq!(request("application/json", ""), None);
    }
}
