//! Why a request is refused, independent of the API; `http::errors` renders each API's own format.

use std::fmt;

/// The result of every operation.
pub type Result<T> = std::result::Result<T, ApiError>;

/// The reason for a refusal: a kind, and a message for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Determines status and code.
    pub kind: ErrorKind,
    /// The message in the error body.
    pub message: String,
    /// The field of the body that it is about, if it is about one.
    pub field: Option<String>,
}

/// The kinds of errors. Statuses follow ibm-api.md 6.3 where IBM documents none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The body, the query or the path breaks a rule.
    Invalid,
    /// A property is missing or empty; only the token service distinguishes it from `Invalid`.
    Missing,
    /// The body has an unknown field.
    UnknownField,
    /// There is no token, or it is not valid.
    Unauthenticated,
    /// The token's identity lacks the role.
    Forbidden,
    /// The object or route does not exist.
    NotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The name is taken, or the object is in use.
    Conflict,
    /// Several objects match.
    Ambiguous,
    /// A version is locked in Secrets Manager.
    VersionLocked,
    /// An entity is locked in IAM.
    EntityLocked,
    /// `If-Match` does not match the entity's tag.
    TagMismatch,
    /// A limit is reached.
    Limit,
    /// The instance answers no more requests in this second.
    TooManyRequests,
    /// The body does not have the required content type.
    MediaType,
    /// The body is too large.
    TooLarge,
    /// The IAM credentials engine is not configured.
    NoEngine,
    /// Rotation needs `reuse_api_key`.
    ReuseOff,
    /// The version no longer has data.
    VersionNotActive,
    /// The current version would expire before the next rotation: `Error02009`.
    RotationTooLate,
    /// A bug in the emulator.
    Internal,
    /// A service ID has locked keys.
    DeleteNotPossible,
    /// The token service does not know the key.
    UnknownApiKey,
}

impl ApiError {
    /// An error of that kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None }
    }

    /// A body field that breaks a rule.
    pub fn field(name: &str, rule: &str) -> Self {
        Self::new(
            ErrorKind::Invalid,
            format!("Invalid parameter '{name}' in body: Request validation error: {rule}"),
        )
        .about(name)
    }

    /// The same error, about that field of the body.
    pub fn about(self, name: &str) -> Self {
        Self { field: Some(name.to_owned()), ..self }
    }

    /// A query parameter that breaks a rule.
    pub fn query(name: &str, rule: &str) -> Self {
        Self::new(
            ErrorKind::Invalid,
            format!("Invalid parameter '{name}' in query: Request validation error: {rule}"),
        )
    }

    /// A path parameter that breaks a rule.
    pub fn path(name: &str, rule: &str) -> Self {
        Self::new(
            ErrorKind::Invalid,
            format!("Invalid parameter '{name}' in path: Request validation error: {rule}"),
        )
    }

    /// An object that does not exist.
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} '{id}' was not found."))
    }

    /// A version that is locked (IBM's text, ibm-api.md 2.9).
    pub fn version_locked() -> Self {
        Self::new(
            ErrorKind::VersionLocked,
            "The requested action can't be completed because the secret version is locked.",
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
