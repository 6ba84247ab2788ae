//! Locks on versions (ibm-api.md 2.6, 4.7): creates, replaces and deletes them.

use crate::engine::credentials;
use crate::error::{ApiError, ErrorKind, Result};
use crate::model::secret::{Kind, Lock, Metadata, Secret};
use crate::secrets_manager::versions;
use crate::transaction::Transaction;

/// The most locks on all versions of one secret (ibm-api.md 4.12).
const LIMIT: usize = 1000;

/// A lock to be created.
#[derive(Clone, Debug)]
pub struct NewLock {
    /// Unique on its version.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// JSON that users attach.
    pub attributes: Metadata,
}

/// What happens to the previous version's locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They stay.
    Add,
    /// Locks with the same names on the version before are removed.
    RemovePrevious,
    /// Locks with the same names are removed, and with the last lock the data.
    RemovePreviousAndDelete,
}

/// Creates locks on the version at that position.
pub fn create(
    tx: &mut Transaction<'_>,
    secret: &mut Secret,
    position: usize,
    wanted: Vec<NewLock>,
    mode: Mode,
    by: &str,
) -> Result<()> {
    let names: Vec<String> = wanted.iter().map(|lock| lock.name.clone()).collect();
    let Some(version) = secret.versions.get_mut(position) else {
        return Err(ApiError::not_found("Version", &position.to_string()));
    };
    if !version.payload_available() {
        return Err(ApiError::new(
            ErrorKind::VersionNotActive,
            "A version without data can't be locked.",
        ));
    }
    for lock in wanted {
        let existing = version.locks.iter_mut().find(|existing| existing.name == lock.name);
        match existing {
            Some(existing) => {
                existing.description = lock.description;
                existing.attributes = lock.attributes;
                existing.updated_at = tx.now;
            }
            None => version.locks.push(Lock {
                name: lock.name,
                description: lock.description,
                attributes: lock.attributes,
                created_by: by.to_owned(),
                created_at: tx.now,
                updated_at: tx.now,
            }),
        }
    }
    if mode != Mode::Add {
        release_previous(tx, secret, position, &names, mode);
    }
    if secret.locks_total() > LIMIT {
        return Err(ApiError::new(
            ErrorKind::Limit,
            format!("The secret has reached the maximum of {LIMIT} locks."),
        ));
    }
    secret.updated_at = tx.now;
    Ok(())
}

/// Deletes the locks with these names, or all, from the version at that position. Data that only
/// the last lock kept is removed with it.
pub fn delete(
    tx: &mut Transaction<'_>,
    secret: &mut Secret,
    position: usize,
    names: Option<&[String]>,
) {
    if let Some(version) = secret.versions.get_mut(position) {
        version.locks.retain(|lock| names.is_some_and(|names| !names.contains(&lock.name)));
    }
    secret.updated_at = tx.now;
    versions::settle(&mut tx.state.iam, secret, tx.state.switches, tx.now);
}

/// Releases the version before the one at that position, which is the current one or any other.
fn release_previous(
    tx: &mut Transaction<'_>,
    secret: &mut Secret,
    position: usize,
    names: &[String],
    mode: Mode,
) {
    let before = position.checked_sub(1);
    let Some(previous) = before.and_then(|before| secret.versions.get_mut(before)) else {
        return;
    };
    previous.locks.retain(|lock| !names.contains(&lock.name));
    if mode == Mode::RemovePreviousAndDelete
        && previous.locks.is_empty()
        && previous.payload_available()
    {
        if let Kind::IamCredentials(settings) = &secret.kind {
            credentials::revoke(&mut tx.state.iam, &settings.source, previous);
        }
        previous.payload = None;
    }
    versions::settle(&mut tx.state.iam, secret, tx.state.switches, tx.now);
}
