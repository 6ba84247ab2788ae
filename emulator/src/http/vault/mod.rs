//! The Secrets Manager API (ibm-api.md 2), below `/instances/{instance_id}`.

pub mod bodies;
pub mod configurations;
pub mod groups;
pub mod locks;
pub mod secrets;
pub mod settings;
pub mod versions;

use crate::http::operation::VaultCall;
use crate::http::rules;
use crate::iam::access::Role;
use crate::model::secret::Secret;
use crate::refusal::{Refusal, Result};
use crate::store::Step;

const ALL: &[Role] = &[Role::Reader, Role::SecretsReader, Role::Writer, Role::Manager];
const READ_DATA: &[Role] = &[Role::SecretsReader, Role::Writer, Role::Manager];
const WRITE: &[Role] = &[Role::Writer, Role::Manager];
const MANAGE: &[Role] = &[Role::Manager];

/// The secret of the path's `id`, if it is in the instance and the caller may do there what it asks.
fn secret(vault: &VaultCall<'_>, step: &Step<'_>) -> Result<Secret> {
    let id = vault.call.param("secret_id");
    if !rules::is_uuid(id) {
        return Err(Refusal::path("id", "must be a lower-case UUID"));
    }
    let found = step
        .state
        .secrets_manager
        .secrets
        .get(id)
        .filter(|secret| secret.instance_id == vault.instance.id)
        .ok_or_else(|| Refusal::not_found("Secret", id))?;
    vault.grant.require(&found.secret_group_id)?;
    Ok(found.clone())
}
