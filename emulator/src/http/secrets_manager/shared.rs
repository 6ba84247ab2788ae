//! What the operations of Secrets Manager share: role sets, the lookup of a secret, and the refusal of a taken name.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::operation::SecretsManagerCall;
use crate::http::rules;
use crate::iam::roles::Role;
use crate::model::TakenName;
use crate::model::secret::Secret;
use crate::transaction::Transaction;

/// Roles that may see metadata.
pub const ALL: &[Role] = &[Role::Reader, Role::SecretsReader, Role::Writer, Role::Manager];
/// Roles that may read data.
pub const READ_DATA: &[Role] = &[Role::SecretsReader, Role::Writer, Role::Manager];
/// Roles that may create and change.
pub const WRITE: &[Role] = &[Role::Writer, Role::Manager];
/// Roles that may manage an instance.
pub const MANAGE: &[Role] = &[Role::Manager];

/// The secret with the path's id, if it is in the instance and the caller has the required role.
pub fn secret(call: &SecretsManagerCall<'_>, tx: &Transaction<'_>) -> Result<Secret> {
    let id = call.request.param("secret_id");
    if !rules::is_uuid(id) {
        return Err(ApiError::path("id", "must be a lower-case UUID"));
    }
    let found = tx
        .state
        .secrets_manager
        .secrets
        .get(id)
        .filter(|secret| secret.instance_id == call.instance.id)
        .ok_or_else(|| ApiError::not_found("Secret", id))?;
    call.permission.require(&found.secret_group_id)?;
    Ok(found.clone())
}

/// Refuses the name of another object: see [`TakenName`].
pub fn taken_name(tx: &Transaction<'_>, message: String) -> ApiError {
    let kind = match tx.state.switches.taken_name {
        TakenName::Conflict => ErrorKind::Conflict,
        TakenName::BadRequest => ErrorKind::Invalid,
    };
    ApiError::new(kind, message).about("name")
}
