//! The Secrets Manager API (ibm-api.md 2), below `/instances/{instance_id}`.

pub mod bodies;
pub mod configurations;
pub mod groups;
pub mod locks;
pub mod secrets;
pub mod settings;
pub mod versions;

use crate::error::{ApiError, Result};
use crate::http::operation::SecretsManagerCall;
use crate::http::rules;
use crate::iam::access::Role;
use crate::model::secret::Secret;
use crate::transaction::Transaction;

const ALL: &[Role] = &[Role::Reader, Role::SecretsReader, Role::Writer, Role::Manager];
const READ_DATA: &[Role] = &[Role::SecretsReader, Role::Writer, Role::Manager];
const WRITE: &[Role] = &[Role::Writer, Role::Manager];
const MANAGE: &[Role] = &[Role::Manager];

/// The secret with the path's id, if it is in the instance and the caller has the required role.
fn secret(call: &SecretsManagerCall<'_>, tx: &Transaction<'_>) -> Result<Secret> {
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
    call.grant.require(&found.secret_group_id)?;
    Ok(found.clone())
}
