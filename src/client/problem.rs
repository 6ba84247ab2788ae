//! What IBM's services say in the body of a refusal, in any of their shapes.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Longer text is a page, not a message.
const MAX_MESSAGE_CHARS: usize = 1000;

/// The parts of an error body that a person can use. All may be missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

impl Problem {
    /// Reads the shapes of ibm-api.md 1.5, 1.8, 2.9, 3.3 and 3.4. Anything else,
    /// such as a proxy's HTML page, gives nothing.
    ///
    /// `secrets` are what the request carried: a message that repeats one is not passed on whole.
    pub(super) fn parse(body: &[u8], secrets: &[&SecretString]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let listed =
            body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let first = listed.first();
        let messages: Vec<String> =
            listed.iter().filter_map(|item| text(item, &["message"])).collect();
        let message = if messages.is_empty() {
            text(&body, &["error", "message", "errorMessage"])
        } else {
            Some(messages.join("; "))
        };
        let trace = text(&body, &["trace"]).or_else(|| {
            body.get("context").and_then(|context| text(context, &["requestId", "transaction_id"]))
        });
        let show = |text: String| printable(&text, secrets);
        Self {
            code: first
                .and_then(|item| text(item, &["code"]))
                .or_else(|| text(&body, &["code", "errorCode"]))
                .map(show),
            message: message.map(show),
            request_id: trace.map(show),
        }
    }
}

/// The first of `keys` that holds a text or a number.
fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// One line of bounded length without any of the secrets.
pub(super) fn printable(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.expose_secret()) {
        if !secret.is_empty() && text.contains(secret) {
            text = text.replace(secret, "(redacted)");
        }
    }
    text.trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_MESSAGE_CHARS)
        .collect()
}
