//! The bodies of IBM's error responses, in any of their shapes.

use serde_json::Value;

use crate::known_secrets::KnownSecrets;

/// Longer text is a page, not a message.
const MAX_MESSAGE_CHARS: usize = 1000;
/// IBM's longest ids of requests have 40 characters.
const MAX_REQUEST_ID_CHARS: usize = 64;

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
    pub(super) fn parse(body: &[u8], known_secrets: &KnownSecrets) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let listed =
            body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut messages: Vec<String> =
            listed.iter().filter_map(|item| text(item, &["message"])).collect();
        if messages.is_empty() {
            messages.extend(text(&body, &["error", "message", "errorMessage"]));
        }
        let mut code = listed
            .first()
            .and_then(|item| text(item, &["code"]))
            .or_else(|| text(&body, &["code", "errorCode"]));
        let trace = text(&body, &["trace"]).or_else(|| {
            body.get("context").and_then(|context| text(context, &["requestId", "transaction_id"]))
        });
        // A secret may begin in the one and end in the other, in either order.
        known_secrets
            .remove_from_answer(&mut code.iter_mut().chain(&mut messages).collect::<Vec<_>>());
        known_secrets
            .remove_from_answer(&mut messages.iter_mut().chain(&mut code).collect::<Vec<_>>());
        let message = messages.join("; ");
        Self {
            code: code.map(|code| bounded(&code)),
            message: (!message.is_empty()).then(|| bounded(&message)),
            request_id: trace.and_then(|id| request_id(&id, known_secrets)),
        }
    }
}

/// The id of a request, which IBM forms from letters, digits and dashes. Anything else in its place
/// is not shown, nor is one that holds a part of a secret.
pub(super) fn request_id(id: &str, known_secrets: &KnownSecrets) -> Option<String> {
    let id = id.trim();
    let has_form = (1..=MAX_REQUEST_ID_CHARS).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let mut shown = id.to_owned();
    if has_form {
        known_secrets.remove_from_answer(&mut [&mut shown]);
    }
    (has_form && shown == id).then_some(shown)
}

/// The first of `keys` that holds a text or a number.
fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn bounded(text: &str) -> String {
    text.trim().chars().take(MAX_MESSAGE_CHARS).collect()
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
            assert_eq!(
                ErrorBody::parse(body.as_bytes(), &KnownSecrets::default()),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_message_that_repeats_a_secret_is_shown_without_it() {
        let known = KnownSecrets::default();
        known.add("s3cret-key");
        let parse = |body: &str| ErrorBody::parse(body.as_bytes(), &known);
        let body = r#"{"errors":[{"code":"s3cret-key","message":"key s3cret-key is unknown"}],"trace":"s3cret-key"}"#;
        assert_eq!(
            parse(body),
            ErrorBody {
                code: Some("(redacted)".to_owned()),
                message: Some("key (redacted) is unknown".to_owned()),
                request_id: None,
            }
        );
        for (body, code, message) in [
            (
                r#"{"errors":[{"code":"a","message":"no s3cre"},{"message":"t-key!"}]}"#,
                Some("a"),
                "no (redacted); (redacted)!",
            ),
            (
                r#"{"errors":[{"code":"t-key","message":"no s3cre"}]}"#,
                Some("(redacted)"),
                "no (redacted)",
            ),
            (
                r#"{"errors":[{"code":"s3cre","message":"t-key"}]}"#,
                Some("(redacted)"),
                "(redacted)",
            ),
            (r#"{"errors":[{"message":"czNjcmV0LWtleQ=="}]}"#, None, "(redacted)=="),
        ] {
            let found = parse(body);
            assert_eq!(
                (found.code.as_deref(), found.message.as_deref()),
                (code, Some(message)),
                "{body}"
            );
        }
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let message = |text: &str| {
            let body = serde_json::json!({"errors": [{"message": text}]}).to_string();
            ErrorBody::parse(body.as_bytes(), &KnownSecrets::default()).message
        };
        assert_eq!(message(" a\nb\u{1b}[31m\u{202e}c ").as_deref(), Some("a b [31m c"));
        assert_eq!(message(&"ä".repeat(5000)), Some("ä".repeat(1000)));
    }

    #[test]
    fn only_what_has_the_form_of_a_request_id_is_shown_as_one() {
        let known = KnownSecrets::default();
        let key = "pQ7_xW2-kLm9Zt4RbN8vYc3HdJ6sFg1AuEo5TiXyKzUe";
        known.add(key);
        for (id, shown) in [
            ("11111111-2222-4333-8444-555555555555", true),
            ("bXNpZC0x-0123456789abcdef0123456789abcdef", true),
            (" c-1 ", true),
            ("", false),
            ("c 1", false),
            ("c-1\u{1b}[31m", false),
            ("c\u{202e}1", false),
            ("<b>", false),
            ("ä", false),
            (&"a".repeat(65), false),
            (key, false),
            (&key[5..25], false),
        ] {
            assert_eq!(request_id(id, &known).as_deref(), shown.then_some(id.trim()), "{id:?}");
        }
    }
}
