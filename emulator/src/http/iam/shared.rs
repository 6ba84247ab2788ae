//! What IAM's APIs share: role sets, the account check, flags in headers, and entity tags.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::operation::{ApiRequest, IamCall};
use crate::iam::roles::Role;

/// Roles that may read.
pub const READ: &[Role] = &[Role::Viewer, Role::Operator, Role::Editor, Role::Administrator];
/// Roles that may create and change service IDs and API keys.
pub const OPERATE: &[Role] = &[Role::Operator, Role::Editor, Role::Administrator];
/// Roles that may change access groups.
pub const EDIT: &[Role] = &[Role::Editor, Role::Administrator];

/// IBM documents no largest offset; this is that of Secrets Manager's lists.
pub const LARGEST_OFFSET: usize = 10_000_000;

/// The account of the request must be the token's.
pub fn own_account(call: &IamCall<'_>, account_id: &str) -> Result<()> {
    if account_id == call.caller.account.bss {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Forbidden, "The account is not the account of the access token."))
}

/// `true` or `false` in a header; false when absent.
pub fn header_flag(request: &ApiRequest, name: &str) -> Result<bool> {
    match request.header(name) {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(ApiError::new(
            ErrorKind::Invalid,
            format!("Header '{name}' must be true or false."),
        )),
    }
}

/// `If-Match` is required and must be the entity's tag or `*`.
pub fn require_tag(request: &ApiRequest, tag: &str) -> Result<()> {
    match request.header("if-match") {
        None => Err(ApiError::new(ErrorKind::Invalid, "Header 'If-Match' is required.")),
        Some("*") => Ok(()),
        Some(given) if given.trim_matches('"') == tag => Ok(()),
        Some(_) => Err(ApiError::new(
            ErrorKind::TagMismatch,
            "Header 'If-Match' does not match the entity's current tag.",
        )),
    }
}

/// A tag that changes with every write: `<revision>-<first part of the id>`.
pub fn entity_tag(revision: u32, id: &str) -> String {
    let hex: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    format!("{revision}-{hex}")
}
