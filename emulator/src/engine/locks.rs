//! Locks on versions (ibm-api.md 2.6, 4.7): what they need, replace, and release.

use crate::engine::{credentials, versions};
use crate::model::secret::{Kind, Lock, Metadata, Secret};
use crate::refusal::{self, Refusal, Result};
use crate::store::Step;

/// Locks on all versions of one secret (ibm-api.md 4.12).
const LIMIT: usize = 1000;

/// A lock that is wanted.
#[derive(Clone, Debug)]
pub struct NewLock {
    /// Unique on its version.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Free JSON.
    pub attributes: Metadata,
}

/// What happens to the previous version's locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Add,
    /// Those of the same names go.
    RemovePrevious,
    /// Those of the same names go, and with the last one the data.
    RemovePreviousAndDelete,
}

/// Puts locks on the version at that position.
pub fn create(
    step: &mut Step<'_>,
    secret: &mut Secret,
    position: usize,
    wanted: Vec<NewLock>,
    mode: Mode,
    by: &str,
) -> Result<()> {
    let is_current = position + 1 == secret.versions.len();
    if mode != Mode::Add && !is_current {
        return Err(Refusal::query("mode", "is for locks on the current version"));
    }
    let names: Vec<String> = wanted.iter().map(|lock| lock.name.clone()).collect();
    let Some(version) = secret.versions.get_mut(position) else {
        return Err(Refusal::not_found("Version", &position.to_string()));
    };
    if !version.payload_available() {
        return Err(Refusal::new(
            refusal::Kind::VersionNotActive,
            "A version without data can't be locked.",
        ));
    }
    for lock in wanted {
        let existing = version.locks.iter_mut().find(|existing| existing.name == lock.name);
        match existing {
            Some(existing) => {
                existing.description = lock.description;
                existing.attributes = lock.attributes;
                existing.updated_at = step.now;
            }
            None => version.locks.push(Lock {
                name: lock.name,
                description: lock.description,
                attributes: lock.attributes,
                created_by: by.to_owned(),
                created_at: step.now,
                updated_at: step.now,
            }),
        }
    }
    if mode != Mode::Add {
        release_previous(step, secret, &names, mode);
    }
    if secret.locks_total() > LIMIT {
        return Err(Refusal::new(
            refusal::Kind::Limit,
            format!("The secret has reached the maximum of {LIMIT} locks."),
        ));
    }
    secret.updated_at = step.now;
    Ok(())
}

/// Takes locks off the version at that position: those of the names, or all. What only the last
/// lock kept alive ends with it.
pub fn delete(step: &mut Step<'_>, secret: &mut Secret, position: usize, names: Option<&[String]>) {
    if let Some(version) = secret.versions.get_mut(position) {
        version.locks.retain(|lock| names.is_some_and(|names| !names.contains(&lock.name)));
    }
    secret.updated_at = step.now;
    versions::settle(&mut step.state.iam, secret, step.state.switches, step.now);
}

fn release_previous(step: &mut Step<'_>, secret: &mut Secret, names: &[String], mode: Mode) {
    let Some(previous) = secret.versions.iter_mut().nth_back(1) else {
        return;
    };
    previous.locks.retain(|lock| !names.contains(&lock.name));
    if mode == Mode::RemovePreviousAndDelete
        && previous.locks.is_empty()
        && previous.payload_available()
    {
        if let Kind::IamCredentials(settings) = &secret.kind {
            credentials::revoke(&mut step.state.iam, &settings.source, previous);
        }
        previous.payload = None;
    }
    versions::settle(&mut step.state.iam, secret, step.state.switches, step.now);
}
