//! Why a call failed, as a value to branch on; its text is the last step and holds no secret.

use reqwest::StatusCode;
use std::fmt;

use super::operation::Operation;

/// What a request is for. All of it may be shown to anyone.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) operation: Operation,
    /// Host and port, without user information.
    pub(super) host: String,
    /// Path without the query.
    pub(super) path: String,
}

/// A call that failed.
#[derive(Clone, Debug)]
pub struct ApiError(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    kind: ApiErrorKind,
    target: Target,
    status: Option<StatusCode>,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    attempts: u32,
    outcome_unknown: bool,
    not_known_yet: Vec<&'static str>,
}

/// The kinds of failure that callers treat differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// The client was given no credentials. Nothing was sent.
    NoCredentials,
    /// The key or token is not accepted (401, or a refusal by the token endpoint).
    Unauthenticated,
    /// The identity lacks the role (403).
    Forbidden,
    /// The object does not exist, or no longer (404, 410).
    NotFound,
    /// The object exists already (409, or 400 with a text that says so), or other objects depend
    /// on it (409).
    Conflict,
    /// A lock forbids the change or the read (412).
    Locked,
    /// The service rejected the request as invalid (400, 422); without a status, it was never sent.
    Invalid,
    /// Too many requests (429), even after all retries.
    RateLimited,
    /// The service failed (5xx), even after all retries.
    Server,
    /// No response, even after all retries.
    Transport(TransportKind),
    /// The run was cancelled before the call completed.
    Cancelled,
    /// A status that IBM does not document.
    UnexpectedStatus,
    /// Success, with a body that is not what IBM documents.
    UnexpectedBody,
}

/// How the network failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// The host name does not resolve.
    Dns,
    /// No connection could be made.
    Connect,
    /// The server's certificate is not trusted, or the handshake failed.
    Tls,
    /// No response in time.
    Timeout,
    /// The connection ended before the response was complete.
    Reset,
}

impl ApiErrorKind {
    /// The kind of a refusal with that status and message. What IBM answers to a name that is taken,
    /// or to a second engine, is not documented: its own tests tolerate 400 with these texts, and
    /// 409 is what its other APIs answer (ibm-api.md 2.8, 6.3).
    pub(super) fn of(operation: Operation, status: StatusCode, message: Option<&str>) -> Self {
        let says = |text| message.is_some_and(|message| message.to_lowercase().contains(text));
        let exists_already = match operation {
            Operation::CreateConfiguration => says("already exists") || says("reached the maximum"),
            Operation::CreateSecret | Operation::CreateSecretGroup => says("already exists"),
            _ => false,
        };
        match status {
            StatusCode::BAD_REQUEST if exists_already => Self::Conflict,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid,
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::NotFound,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PRECONDITION_FAILED => Self::Locked,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            status if status.is_server_error() => Self::Server,
            _ => Self::UnexpectedStatus,
        }
    }
}

impl ApiError {
    pub(super) fn new(kind: ApiErrorKind, target: &Target) -> Self {
        Self(Box::new(Details {
            kind,
            target: target.clone(),
            status: None,
            code: None,
            message: None,
            request_id: None,
            attempts: 0,
            outcome_unknown: false,
            not_known_yet: Vec::new(),
        }))
    }

    pub(super) fn with_kind(mut self, kind: ApiErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(super) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(super) fn with_message(mut self, message: impl Into<Option<String>>) -> Self {
        self.0.message = message.into();
        self
    }

    pub(super) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(super) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(super) fn with_unknown_outcome(mut self, unknown: bool) -> Self {
        self.0.outcome_unknown = unknown;
        self
    }

    /// Names settings that were not known, if they may have caused this failure.
    pub(super) fn with_not_known_yet(mut self, settings: &[&'static str]) -> Self {
        use ApiErrorKind::{Forbidden, NoCredentials, NotFound, Transport, Unauthenticated};
        // Other kinds of failure do not depend on where and as whom the request was sent.
        if matches!(
            self.kind(),
            NoCredentials | Unauthenticated | Forbidden | NotFound | Transport(_)
        ) {
            self.0.not_known_yet = settings.to_vec();
        }
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ApiErrorKind {
        self.0.kind
    }

    /// The operation that failed. It is [`Operation::GetToken`] if no token could be obtained
    /// for the operation that was called.
    pub fn operation(&self) -> Operation {
        self.0.target.operation
    }

    /// Host and port that the request was for.
    pub fn host(&self) -> &str {
        &self.0.target.host
    }

    /// The HTTP status of the last response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// IBM's error code, such as `BXNIM0415E`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// IBM's message, or the cause on our side.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The id by which IBM's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// True if a request that must not be repeated may have been carried out: look the object up by
    /// its name before creating it again.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// The object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ApiErrorKind::NotFound
    }

    /// The object exists already, or other objects depend on it.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ApiErrorKind::Conflict
    }

    /// A lock forbids the change or the read.
    pub fn is_locked(&self) -> bool {
        self.kind() == ApiErrorKind::Locked
    }

    /// The run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ApiErrorKind::Cancelled
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &*self.0;
        let Target { operation, host, path } = &details.target;
        let method = operation.method();
        match (details.kind, details.status) {
            (ApiErrorKind::NoCredentials, _) => {
                write!(f, "{operation} needs credentials and has none")?;
            }
            (ApiErrorKind::Cancelled, None) => write!(f, "{operation} was cancelled")?,
            (ApiErrorKind::Cancelled, Some(status)) => {
                write!(f, "{operation} was cancelled after {method} {path} answered {status}")?
            }
            (ApiErrorKind::Transport(_), _) => {
                write!(f, "{operation} failed: no answer from {host} to {method} {path}")?
            }
            (ApiErrorKind::UnexpectedBody, Some(status)) => write!(
                f,
                "{operation} failed: the body of {method} {path}, answered {status}, is not usable"
            )?,
            (_, Some(status)) => {
                write!(f, "{operation} failed: {method} {path} answered {status}")?;
            }
            (_, None) => write!(f, "{operation} was not sent")?,
        }
        if let Some(message) = &details.message {
            write!(f, ": {message}")?;
        }
        if details.outcome_unknown {
            write!(f, "; whether it took effect is not known")?;
        }
        let not_known_yet = (!details.not_known_yet.is_empty())
            .then(|| format!("not known yet: {}", details.not_known_yet.join(", ")));
        let attempts = (details.attempts > 1).then(|| format!("{} attempts", details.attempts));
        let remarks: Vec<String> = [
            details.code.as_ref().map(|code| format!("code {code}")),
            details.request_id.as_ref().map(|id| format!("request id {id}")),
            attempts,
            not_known_yet,
        ]
        .into_iter()
        .flatten()
        .collect();
        if remarks.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", remarks.join(", "))
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_a_conflict_whatever_the_status() {
        use ApiErrorKind::{Conflict, Invalid};
        use Operation::{CreateConfiguration, CreateSecret, CreateSecretGroup, CreateVersion};
        let maximum = "The instance has reached the maximum of 1.";
        for (operation, status, message, kind) in [
            (CreateSecret, 409, "", Conflict),
            (CreateSecret, 400, "A secret of this name already exists.", Conflict),
            (CreateSecretGroup, 400, "ALREADY EXISTS", Conflict),
            (CreateConfiguration, 400, "It already exists.", Conflict),
            (CreateConfiguration, 400, maximum, Conflict),
            // A full instance is none in which the name is taken.
            (CreateSecret, 400, maximum, Invalid),
            (CreateSecretGroup, 400, maximum, Invalid),
            (CreateConfiguration, 400, "The API key is not valid.", Invalid),
            (CreateConfiguration, 422, "It already exists.", Invalid),
            // Makes nothing that has a name.
            (CreateVersion, 400, "It already exists.", Invalid),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = ApiErrorKind::of(operation, status, Some(message));
            assert_eq!(found, kind, "{operation} {status} {message}");
        }
        assert_eq!(ApiErrorKind::of(CreateSecret, StatusCode::BAD_REQUEST, None), Invalid);
    }
}
