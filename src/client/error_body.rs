//! The bodies of IBM's error responses, in any of their shapes.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Longer text is a page, not a message.
const MAX_MESSAGE_CHARS: usize = 1000;

/// The parts of an error body that help a person. All may be missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorBody {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

impl ErrorBody {
    /// Reads the shapes of ibm-api.md 1.5, 1.8, 2.9, 3.3 and 3.4. Anything else, such as a proxy's
    /// HTML page, yields nothing.
    ///
    /// `secrets` are those that the request carried; they are redacted from what is shown.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_body_gives_code_message_and_trace() {
        // Name, body, code, message, request id; "" stands for none.
        let table = [
            (
                "Secrets Manager (2.9)",
                r#"{"status_code":412,"trace":"t-1","errors":[{"code":"secrets-manager.Error01234",
                    "message":"The secret version is locked.","more_info":"https://cloud.ibm.com"}]}"#,
                "secrets-manager.Error01234",
                "The secret version is locked.",
                "t-1",
            ),
            (
                "token endpoint (1.5)",
                r#"{"context":{"requestId":"r-1","requestType":"incoming.Identity_Token"},
                    "errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found."}"#,
                "BXNIM0415E",
                "Provided API key could not be found.",
                "r-1",
            ),
            (
                "Identity (3.3), status as string",
                r#"{"status_code":"404","trace":"t-2","errors":[{"code":"not_found",
                    "message_code":"BXNIM0102E","message":"Unable to find object"}]}"#,
                "not_found",
                "Unable to find object",
                "t-2",
            ),
            (
                "Access Groups (3.4), status as integer",
                r#"{"trace":"t-3","errors":[{"code":"forbidden","message":"No."}],"status_code":403}"#,
                "forbidden",
                "No.",
                "t-3",
            ),
            (
                "several errors",
                r#"{"errors":[{"code":"a","message":"First."},{"message":"Second."}]}"#,
                "a",
                "First.; Second.",
                "",
            ),
            (
                "empty errors, message beside them (1.8)",
                r#"{"errors":[],"message":"Something else","code":"X1"}"#,
                "X1",
                "Something else",
                "",
            ),
            (
                "null errors, error as text",
                r#"{"errors":null,"error":"invalid_request"}"#,
                "",
                "invalid_request",
                "",
            ),
            (
                "code as a number",
                r#"{"errors":[{"code":7012,"message":"Gone"}]}"#,
                "7012",
                "Gone",
                "",
            ),
            ("errors of strings", r#"{"errors":["odd"],"trace":"t-4"}"#, "", "", "t-4"),
            ("an HTML page", "<html><body>502</body></html>", "", "", ""),
            ("nothing", "", "", "", ""),
            ("another JSON value", "[1]", "", "", ""),
            ("cut off", r#"{"errors":[{"mess"#, "", "", ""),
        ];
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (name, body, code, message, request_id) in table {
            let expected = ErrorBody {
                code: some(code),
                message: some(message),
                request_id: some(request_id),
            };
            assert_eq!(ErrorBody::parse(body.as_bytes(), &[]), expected, "{name}");
        }
    }

    #[test]
    fn a_message_that_repeats_a_secret_is_shown_without_it() {
        let key = SecretString::from("s3cret-key");
        let empty = SecretString::from("");
        let body = r#"{"errors":[{"code":"s3cret-key","message":"key s3cret-key is unknown"}],"trace":"s3cret-key"}"#;
        assert_eq!(
            ErrorBody::parse(body.as_bytes(), &[&empty, &key]),
            ErrorBody {
                code: Some("(redacted)".to_owned()),
                message: Some("key (redacted) is unknown".to_owned()),
                request_id: Some("(redacted)".to_owned()),
            }
        );
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        assert_eq!(printable(" a\nb\u{1b}[31m ", &[]), "a b [31m");
        assert_eq!(printable(&"ä".repeat(5000), &[]), "ä".repeat(1000));
    }
}
