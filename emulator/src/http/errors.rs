//! Renders errors in the format of each API (ibm-api.md 1.5, 2.9, 3.3, 3.4).

use crate::error::{ApiError, ErrorKind};
use serde_json::{Value, json};

/// An API with its own error format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Secrets Manager.
    SecretsManager,
    /// The token service.
    Token,
    /// Service IDs and API keys.
    Identity,
    /// Access groups, policies, roles and users.
    Groups,
    /// The control API.
    Control,
}

impl Family {
    /// The API that a path belongs to, whether the route exists or not.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/_emulator") {
            Self::Control
        } else if path.starts_with("/identity/") {
            Self::Token
        } else if path.starts_with("/v2/") || path.starts_with("/v1/policies") {
            Self::Groups
        } else if path.starts_with("/v1/") {
            Self::Identity
        } else {
            Self::SecretsManager
        }
    }
}

/// The status and body of an error response; `errors` is never empty.
pub fn render(family: Family, error: &ApiError, trace: &str) -> (u16, Value) {
    let status = status(family, error.kind);
    let message = &error.message;
    let body = match family {
        Family::SecretsManager => json!({
            "status_code": status,
            "trace": trace,
            "errors": [{
                "code": secrets_manager_code(error.kind),
                "message": message,
                "more_info": "https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2",
            }],
        }),
        Family::Token => json!({
            "context": { "requestId": trace, "requestType": "incoming.Identity_Token", "locale": "en_US" },
            "errorCode": token_code(error.kind),
            "errorMessage": message,
        }),
        Family::Identity => {
            let mut item = json!({ "code": identity_code(error.kind), "message": message });
            if let (Some(code), Some(fields)) = (message_code(error.kind), item.as_object_mut()) {
                fields.insert("message_code".to_owned(), json!(code));
            }
            json!({
                "context": { "requestId": trace },
                "status_code": status,
                "trace": trace,
                "errors": [item],
            })
        }
        Family::Groups | Family::Control => json!({
            "trace": trace,
            "errors": [{ "code": identity_code(error.kind), "message": message }],
            "status_code": status,
        }),
    };
    (status, body)
}

/// The body of a response that a fault asked for, with the code that the API uses with this status.
pub fn injected(family: Family, status: u16, trace: &str) -> Value {
    let kind = match status {
        400 if family == Family::Token => ErrorKind::UnknownApiKey,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        _ => ErrorKind::Internal,
    };
    let error = ApiError::new(kind, format!("Injected fault: status {status}."));
    let (_, mut body) = render(family, &error, trace);
    if let Some(code) = body.get_mut("status_code") {
        *code = json!(status);
    }
    body
}

fn status(family: Family, kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::Ambiguous => 300,
        ErrorKind::Invalid
        | ErrorKind::Missing
        | ErrorKind::NoEngine
        | ErrorKind::ReuseOff
        | ErrorKind::VersionNotActive
        | ErrorKind::RotationTooLate
        | ErrorKind::UnknownApiKey => 400,
        ErrorKind::Unauthenticated => 401,
        ErrorKind::Forbidden => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::MethodNotAllowed => 405,
        ErrorKind::Conflict
        | ErrorKind::EntityLocked
        | ErrorKind::TagMismatch
        | ErrorKind::DeleteNotPossible => 409,
        ErrorKind::VersionLocked => 412,
        ErrorKind::TooLarge => 413,
        ErrorKind::MediaType => 415,
        ErrorKind::UnknownField => 422,
        ErrorKind::TooManyRequests => 429,
        // BXNIM0151E for keys; the statuses of other limits are not documented.
        ErrorKind::Limit if family == Family::Identity => 422,
        ErrorKind::Limit if family == Family::Groups => 403,
        ErrorKind::Limit => 400,
        ErrorKind::Internal => 500,
    }
}

/// IBM's catalogue is not public. `Error02009` is IBM's; the other numbers are the emulator's
/// own, one per kind, so that clients can be tested on codes.
fn secrets_manager_code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid | ErrorKind::Missing => "secrets-manager.Error00400",
        ErrorKind::Unauthenticated => "secrets-manager.Error00401",
        ErrorKind::Forbidden => "secrets-manager.Error00403",
        ErrorKind::NotFound => "secrets-manager.Error00404",
        ErrorKind::MethodNotAllowed => "secrets-manager.Error00405",
        ErrorKind::Conflict
        | ErrorKind::EntityLocked
        | ErrorKind::TagMismatch
        | ErrorKind::DeleteNotPossible => "secrets-manager.Error00409",
        ErrorKind::Ambiguous => "secrets-manager.Error00300",
        ErrorKind::VersionLocked => "secrets-manager.Error00412",
        ErrorKind::TooLarge => "secrets-manager.Error00413",
        ErrorKind::MediaType => "secrets-manager.Error00415",
        ErrorKind::UnknownField => "secrets-manager.Error00422",
        ErrorKind::TooManyRequests => "secrets-manager.Error00429",
        ErrorKind::Limit => "secrets-manager.Error01001",
        ErrorKind::NoEngine | ErrorKind::UnknownApiKey => "secrets-manager.Error01002",
        ErrorKind::ReuseOff => "secrets-manager.Error01003",
        ErrorKind::VersionNotActive => "secrets-manager.Error01004",
        ErrorKind::RotationTooLate => "secrets-manager.Error02009",
        ErrorKind::Internal => "secrets-manager.Error00500",
    }
}

fn identity_code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "invalid_access_token",
        ErrorKind::Forbidden => "insufficient_permissions",
        ErrorKind::NotFound => "not_found",
        ErrorKind::MethodNotAllowed => "method_not_allowed",
        ErrorKind::EntityLocked => "entity_locked",
        ErrorKind::DeleteNotPossible => "delete_not_possible",
        ErrorKind::Conflict
        | ErrorKind::TagMismatch
        | ErrorKind::VersionLocked
        | ErrorKind::Ambiguous => "conflict",
        ErrorKind::MediaType => "unsupported_media_type",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::UnknownField => "unknown_field",
        ErrorKind::TooManyRequests => "too_many_requests",
        ErrorKind::Limit => "error_occurred",
        ErrorKind::Internal => "internal_error",
        ErrorKind::Invalid
        | ErrorKind::Missing
        | ErrorKind::NoEngine
        | ErrorKind::ReuseOff
        | ErrorKind::VersionNotActive
        | ErrorKind::RotationTooLate
        | ErrorKind::UnknownApiKey => "invalid_request",
    }
}

fn message_code(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some("BXNIM0102E"),
        ErrorKind::DeleteNotPossible => Some("BXNIM0105E"),
        ErrorKind::Limit => Some("BXNIM0151E"),
        _ => None,
    }
}

fn token_code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownApiKey => "BXNIM0415E",
        ErrorKind::Missing => "BXNIM0109E",
        ErrorKind::NotFound => "BXNIM0102E",
        _ => "BXNIM0106E",
    }
}
