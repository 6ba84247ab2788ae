//! IAM's APIs (ibm-api.md 1.5, 3).

pub mod access_groups;
pub mod api_keys;
pub mod members;
pub mod policies;
pub mod service_ids;
pub mod token;

use crate::http::operation::{Call, IamCall};
use crate::iam::access::Role;
use crate::refusal::{Kind, Refusal, Result};

const READ: &[Role] = &[Role::Viewer, Role::Operator, Role::Editor, Role::Administrator];
const OPERATE: &[Role] = &[Role::Operator, Role::Editor, Role::Administrator];
const EDIT: &[Role] = &[Role::Editor, Role::Administrator];

/// The account of the request must be the token's.
fn own_account(iam: &IamCall<'_>, account_id: &str) -> Result<()> {
    if account_id == iam.caller.account.bss {
        return Ok(());
    }
    Err(Refusal::new(Kind::Forbidden, "The account is not the account of the access token."))
}

/// `true` or `false` in a header; false when absent.
fn header_flag(call: &Call, name: &str) -> Result<bool> {
    match call.header(name) {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => {
            Err(Refusal::new(Kind::Invalid, format!("Header '{name}' must be true or false.")))
        }
    }
}

/// `If-Match` must be there and be the entity's tag, or `*`.
fn require_tag(call: &Call, tag: &str) -> Result<()> {
    match call.header("if-match") {
        None => Err(Refusal::new(Kind::Invalid, "Header 'If-Match' is required.")),
        Some("*") => Ok(()),
        Some(given) if given.trim_matches('"') == tag => Ok(()),
        Some(_) => Err(Refusal::new(
            Kind::TagMismatch,
            "Header 'If-Match' does not match the entity's current tag.",
        )),
    }
}

/// A tag that changes with every write: `<revision>-<first part of the id>`.
fn entity_tag(revision: u32, id: &str) -> String {
    let hex: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    format!("{revision}-{hex}")
}
