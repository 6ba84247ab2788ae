//! IAM's APIs (ibm-api.md 1.5, 3).

pub mod access_groups;
pub mod api_keys;
pub mod members;
pub mod policies;
pub mod service_ids;
pub mod token;

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::operation::{ApiRequest, IamCall};
use crate::iam::access::Role;

const READ: &[Role] = &[Role::Viewer, Role::Operator, Role::Editor, Role::Administrator];
const OPERATE: &[Role] = &[Role::Operator, Role::Editor, Role::Administrator];
const EDIT: &[Role] = &[Role::Editor, Role::Administrator];

/// IBM documents no largest offset; this is that of Secrets Manager's lists.
const LARGEST_OFFSET: usize = 10_000_000;

/// The account of the request must be the token's.
fn own_account(call: &IamCall<'_>, account_id: &str) -> Result<()> {
    if account_id == call.caller.account.bss {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Forbidden, "The account is not the account of the access token."))
}

/// `true` or `false` in a header; false when absent.
fn header_flag(request: &ApiRequest, name: &str) -> Result<bool> {
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
fn require_tag(request: &ApiRequest, tag: &str) -> Result<()> {
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
fn entity_tag(revision: u32, id: &str) -> String {
    let hex: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    format!("{revision}-{hex}")
}
