//! Why a request is refused: said once here, written in each API's own form by `http::errors`.

use std::fmt;

/// The outcome of every operation.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A refusal: what kind, and a sentence for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Decides status and code.
    pub kind: Kind,
    /// The text of the error body.
    pub message: String,
}

/// The kinds of refusal. Statuses are those of ibm-api.md 6.3 where IBM's are not on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Body, query or path breaks a rule.
    Invalid,
    /// A property that is missing or empty; only the token service tells it from `Invalid`.
    Missing,
    /// The body has a field that does not exist.
    UnknownField,
    /// No token, or one that does not count.
    Unauthenticated,
    /// The token's identity lacks the role.
    Forbidden,
    /// No such object or route.
    NotFound,
    /// The route exists, not for this method.
    MethodNotAllowed,
    /// The name is taken, or the object is in use.
    Conflict,
    /// Several objects are meant.
    Ambiguous,
    /// A version is locked in Secrets Manager.
    VersionLocked,
    /// An entity is locked in IAM.
    EntityLocked,
    /// `If-Match` is not the entity's tag.
    TagMismatch,
    /// A limit is reached.
    Limit,
    /// The body is not of the required content type.
    MediaType,
    /// The body is too large.
    TooLarge,
    /// The IAM credentials engine is not configured.
    NoEngine,
    /// Rotation needs `reuse_api_key`.
    ReuseOff,
    /// The version has no data any more.
    VersionNotActive,
    /// The current version would end before the next rotation: `Error02009`.
    RotationTooLate,
    /// A defect of the emulator.
    Internal,
    /// A service ID has locked keys.
    DeleteNotPossible,
    /// The token service does not know the key.
    UnknownApiKey,
}

impl Refusal {
    /// A refusal of that kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A body field that breaks a rule.
    pub fn field(name: &str, rule: &str) -> Self {
        Self::new(
            Kind::Invalid,
            format!("Invalid parameter '{name}' in body: Request validation error: {rule}"),
        )
    }

    /// A query parameter that breaks a rule.
    pub fn query(name: &str, rule: &str) -> Self {
        Self::new(
            Kind::Invalid,
            format!("Invalid parameter '{name}' in query: Request validation error: {rule}"),
        )
    }

    /// A path parameter that breaks a rule.
    pub fn path(name: &str, rule: &str) -> Self {
        Self::new(
            Kind::Invalid,
            format!("Invalid parameter '{name}' in path: Request validation error: {rule}"),
        )
    }

    /// An object that is not there.
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(Kind::NotFound, format!("{what} '{id}' was not found."))
    }

    /// The version is locked (text of ibm-api.md 2.9).
    pub fn version_locked() -> Self {
        Self::new(
            Kind::VersionLocked,
            "The requested action can't be completed because the secret version is locked.",
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
