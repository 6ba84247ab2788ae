//! Refusals in the form of each API (ibm-api.md 1.5, 2.9, 3.3, 3.4). Never an empty `errors`.

use crate::refusal::{Kind, Refusal};
use serde_json::{Value, json};

/// Which API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Secrets Manager.
    SecretsManager,
    /// The token service.
    Token,
    /// Service IDs and API keys.
    Identity,
    /// Access groups and policies.
    Groups,
    /// The emulator's own surface.
    Control,
}

impl Family {
    /// The API that a path belongs to, known or not.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/_emulator") {
            Self::Control
        } else if path.starts_with("/identity/") {
            Self::Token
        } else if path.starts_with("/v2/groups") || path.starts_with("/v1/policies") {
            Self::Groups
        } else if path.starts_with("/v1/") {
            Self::Identity
        } else {
            Self::SecretsManager
        }
    }
}

/// Status and body of a refusal.
pub fn render(family: Family, refusal: &Refusal, trace: &str) -> (u16, Value) {
    let status = status(family, refusal.kind);
    let message = &refusal.message;
    let body = match family {
        Family::SecretsManager => json!({
            "status_code": status,
            "trace": trace,
            "errors": [{
                "code": secrets_manager_code(refusal.kind),
                "message": message,
                "more_info": "https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2",
            }],
        }),
        Family::Token => json!({
            "context": { "requestId": trace, "requestType": "incoming.Identity_Token", "locale": "en_US" },
            "errorCode": token_code(refusal.kind),
            "errorMessage": message,
        }),
        Family::Identity => {
            let mut error = json!({ "code": identity_code(refusal.kind), "message": message });
            if let (Some(code), Some(error)) = (message_code(refusal.kind), error.as_object_mut()) {
                error.insert("message_code".to_owned(), json!(code));
            }
            json!({
                "context": { "requestId": trace },
                "status_code": status,
                "trace": trace,
                "errors": [error],
            })
        }
        Family::Groups | Family::Control => json!({
            "trace": trace,
            "errors": [{ "code": identity_code(refusal.kind), "message": message }],
            "status_code": status,
        }),
    };
    (status, body)
}

/// The body of an answer that a fault asked for.
pub fn injected(family: Family, status: u16, trace: &str) -> Value {
    let refusal = Refusal::new(Kind::Internal, format!("Injected fault: status {status}."));
    let (_, mut body) = render(family, &refusal, trace);
    if let Some(code) = body.get_mut("status_code") {
        *code = json!(status);
    }
    body
}

fn status(family: Family, kind: Kind) -> u16 {
    match kind {
        Kind::Ambiguous => 300,
        Kind::Invalid
        | Kind::Missing
        | Kind::NoEngine
        | Kind::ReuseOff
        | Kind::VersionNotActive
        | Kind::RotationTooLate
        | Kind::UnknownApiKey => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::MethodNotAllowed => 405,
        Kind::Conflict | Kind::EntityLocked | Kind::TagMismatch | Kind::DeleteNotPossible => 409,
        Kind::VersionLocked => 412,
        Kind::TooLarge => 413,
        Kind::MediaType => 415,
        Kind::UnknownField => 422,
        // BXNIM0151E for keys; the other limits have no status on record.
        Kind::Limit if family == Family::Identity => 422,
        Kind::Limit if family == Family::Groups => 403,
        Kind::Limit => 400,
        Kind::Internal => 500,
    }
}

/// IBM's catalogue is not public. `Error02009` is IBM's own; the other numbers are the
/// emulator's, one a kind, so that a client can be tested on codes.
fn secrets_manager_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid | Kind::Missing => "secrets-manager.Error00400",
        Kind::Unauthenticated => "secrets-manager.Error00401",
        Kind::Forbidden => "secrets-manager.Error00403",
        Kind::NotFound => "secrets-manager.Error00404",
        Kind::MethodNotAllowed => "secrets-manager.Error00405",
        Kind::Conflict | Kind::EntityLocked | Kind::TagMismatch | Kind::DeleteNotPossible => {
            "secrets-manager.Error00409"
        }
        Kind::Ambiguous => "secrets-manager.Error00300",
        Kind::VersionLocked => "secrets-manager.Error00412",
        Kind::TooLarge => "secrets-manager.Error00413",
        Kind::MediaType => "secrets-manager.Error00415",
        Kind::UnknownField => "secrets-manager.Error00422",
        Kind::Limit => "secrets-manager.Error01001",
        Kind::NoEngine | Kind::UnknownApiKey => "secrets-manager.Error01002",
        Kind::ReuseOff => "secrets-manager.Error01003",
        Kind::VersionNotActive => "secrets-manager.Error01004",
        Kind::RotationTooLate => "secrets-manager.Error02009",
        Kind::Internal => "secrets-manager.Error00500",
    }
}

fn identity_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthenticated => "invalid_access_token",
        Kind::Forbidden => "insufficient_permissions",
        Kind::NotFound => "not_found",
        Kind::MethodNotAllowed => "method_not_allowed",
        Kind::EntityLocked => "entity_locked",
        Kind::DeleteNotPossible => "delete_not_possible",
        Kind::Conflict | Kind::TagMismatch | Kind::VersionLocked | Kind::Ambiguous => "conflict",
        Kind::MediaType => "unsupported_media_type",
        Kind::TooLarge => "request_too_large",
        Kind::UnknownField => "unknown_field",
        Kind::Limit => "error_occurred",
        Kind::Internal => "internal_error",
        Kind::Invalid
        | Kind::Missing
        | Kind::NoEngine
        | Kind::ReuseOff
        | Kind::VersionNotActive
        | Kind::RotationTooLate
        | Kind::UnknownApiKey => "invalid_request",
    }
}

fn message_code(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::NotFound => Some("BXNIM0102E"),
        Kind::DeleteNotPossible => Some("BXNIM0105E"),
        Kind::Limit => Some("BXNIM0151E"),
        _ => None,
    }
}

fn token_code(kind: Kind) -> &'static str {
    match kind {
        Kind::UnknownApiKey => "BXNIM0415E",
        Kind::Missing => "BXNIM0109E",
        Kind::NotFound => "BXNIM0102E",
        _ => "BXNIM0106E",
    }
}
