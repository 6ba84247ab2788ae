//! An error response that repeats the secrets of its request, as a careless server or proxy may.

use crate::faults::Echo;
use crate::http::operation::ApiRequest;
use crate::journal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The id of the request as the response shows it.
pub(super) fn request_id(echo: Option<Echo>, request: &ApiRequest) -> String {
    match echo {
        Some(Echo::RequestId) => secret(request),
        _ => request.trace.clone(),
    }
}

/// Puts what is repeated in the place of the messages of an error body.
pub(super) fn into_body(echo: Echo, request: &ApiRequest, body: &mut Value) {
    let messages = match echo {
        Echo::RequestId => return,
        Echo::Message => vec![everything(request)],
        Echo::Base64 => vec![STANDARD.encode(everything(request))],
        Echo::Split => {
            let secret = secret(request);
            let (first, second) = secret.split_at(secret.floor_char_boundary(secret.len() / 2));
            vec![first.to_owned(), second.to_owned()]
        }
    };
    let Some(body) = body.as_object_mut() else { return };
    if let Some(errors) = body.get_mut("errors").and_then(Value::as_array_mut) {
        let item = errors.first().and_then(Value::as_object).cloned().unwrap_or_default();
        *errors = messages
            .into_iter()
            .map(|message| {
                let mut item = item.clone();
                item.insert("message".to_owned(), json!(message));
                Value::Object(item)
            })
            .collect();
    } else if let [first, second] = &messages[..] {
        // The token service has one message.
        body.insert("errorCode".to_owned(), json!(first));
        body.insert("errorMessage".to_owned(), json!(second));
    } else {
        body.insert("errorMessage".to_owned(), json!(messages.concat()));
    }
}

/// The last secret of the request: the one in its body, or else the token of the caller.
fn secret(request: &ApiRequest) -> String {
    let mut secrets: Vec<String> = bearer(request).map(str::to_owned).into_iter().collect();
    journal::masked(request.header("content-type"), &request.body, &mut secrets);
    secrets.pop().unwrap_or_default()
}

fn bearer(request: &ApiRequest) -> Option<&str> {
    request.header("authorization")?.split_once(' ').map(|(_, token)| token)
}

/// The `Authorization` header and the body.
fn everything(request: &ApiRequest) -> String {
    let authorization = request.header("authorization").unwrap_or_default();
    format!("Cannot read {authorization} {}", String::from_utf8_lossy(&request.body))
}
