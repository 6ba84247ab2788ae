//! The life of a secret's versions: read, rotated, restored, ended (ibm-api.md 4.3 to 4.6).

use crate::engine::credentials::{self, Credentials};
use crate::model::iam::Iam;
use crate::model::secret::{IamCredentials, Kind, Metadata, Secret, Version};
use crate::model::timestamp::Timestamp;
use crate::model::vault::Instance;
use crate::model::{FirstRead, OnReuseExpiry, Switches};
use crate::refusal::{self, Refusal, Result};
use crate::store::Step;

/// What a caller may send along with a new version.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// Replaces the secret's.
    pub custom_metadata: Option<Metadata>,
    /// The new version's.
    pub version_custom_metadata: Option<Metadata>,
}

/// Reads the data of the current version: generates it where it is missing, or anew for a secret
/// that does not reuse its key.
pub fn read(
    step: &mut Step<'_>,
    instance: &Instance,
    secret: &mut Secret,
    reader: &str,
) -> Result<()> {
    if let Kind::IamCredentials(settings) = &secret.kind {
        let settings = settings.clone();
        let missing = secret.current().is_none_or(|current| !current.payload_available());
        if !settings.reuse_api_key
            && secret.current().is_some_and(|current| !current.locks.is_empty())
        {
            return Err(Refusal::version_locked());
        }
        if !settings.reuse_api_key || (missing && !settings.destroyed) {
            let made = credentials::generate(step, instance, &settings, &secret.id)?;
            add_generated(step, secret, made, reader);
        }
        if let Some(current) = secret.current() {
            credentials::lock_again(&mut step.state.iam, &settings.source, current, step.now);
        }
    }
    if let Some(current) = secret.current_mut() {
        current.downloaded |= current.payload_available();
    }
    secret.retrieved_at = Some(step.now);
    secret.updated_at = step.now;
    Ok(())
}

/// Makes new credentials the current version (ibm-api.md 4.5).
pub fn rotate(
    step: &mut Step<'_>,
    instance: &Instance,
    secret: &mut Secret,
    created_by: &str,
    auto_rotated: bool,
    attachments: Attachments,
) -> Result<()> {
    let settings = rotatable(secret)?;
    refuse_locked_previous(secret)?;
    let made = credentials::generate(step, instance, &settings, &secret.id)?;
    let mut version = version_of(step, made, created_by);
    version.auto_rotated = auto_rotated;
    finish_rotation(step, secret, version, attachments);
    Ok(())
}

/// Makes the credentials of an older version current again, under a new version id.
pub fn restore(
    step: &mut Step<'_>,
    secret: &mut Secret,
    segment: &str,
    created_by: &str,
    attachments: Attachments,
) -> Result<()> {
    rotatable(secret)?;
    let not_active = || {
        Refusal::new(refusal::Kind::VersionNotActive, format!("Version {segment} is not active."))
    };
    let position = secret.position(segment).ok_or_else(not_active)?;
    refuse_locked_previous(secret)?;
    let is_current = position + 1 == secret.versions.len();
    let id = step.ids.uuid();
    let source = secret
        .versions
        .get_mut(position)
        .filter(|source| source.payload_available() && !is_current)
        .ok_or_else(not_active)?;
    let version = Version {
        id,
        created_by: created_by.to_owned(),
        created_at: step.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: Metadata::new(),
        locks: Vec::new(),
        // The data moves: one key belongs to one version.
        payload: source.payload.take(),
        ..source.clone()
    };
    finish_rotation(step, secret, version, attachments);
    Ok(())
}

/// Deletes the data of the current version at once, in IAM too.
pub fn delete_data(step: &mut Step<'_>, secret: &mut Secret, segment: &str) -> Result<()> {
    let position =
        secret.position(segment).ok_or_else(|| Refusal::not_found("Version", segment))?;
    if position + 1 != secret.versions.len() {
        return Err(Refusal::path("id", "only the data of the current version can be deleted"));
    }
    let Some(current) = secret.versions.get_mut(position) else {
        return Err(Refusal::not_found("Version", segment));
    };
    if !current.locks.is_empty() {
        return Err(Refusal::version_locked());
    }
    if !current.payload_available() {
        return Err(Refusal::new(
            refusal::Kind::VersionNotActive,
            format!("Version {segment} is not active."),
        ));
    }
    if let Kind::IamCredentials(settings) = &secret.kind {
        credentials::revoke(&mut step.state.iam, &settings.source, current);
    }
    current.payload = None;
    secret.updated_at = step.now;
    Ok(())
}

/// Deletes everything that was made for the secret.
pub fn delete_all(step: &mut Step<'_>, secret: &Secret) -> Result<()> {
    if secret.locks_total() > 0 {
        return Err(Refusal::version_locked());
    }
    if let Kind::IamCredentials(settings) = &secret.kind {
        for version in secret.versions.iter().filter(|version| version.payload_available()) {
            credentials::revoke(&mut step.state.iam, &settings.source, version);
        }
    }
    Ok(())
}

/// Takes the data of every version whose time is over: its lease ended, or newer versions took
/// its place. A lock keeps it.
pub fn settle(iam: &mut Iam, secret: &mut Secret, switches: Switches, now: Timestamp) {
    let Kind::IamCredentials(settings) = &mut secret.kind else {
        return;
    };
    let kept = if settings.reuse_api_key { 2 } else { 1 };
    let total = secret.versions.len();
    for (position, version) in secret.versions.iter_mut().enumerate() {
        let superseded = position + kept < total;
        let ended = version.expiration_date.is_some_and(|end| end <= now);
        if !version.payload_available() || !version.locks.is_empty() || !(superseded || ended) {
            continue;
        }
        credentials::revoke(iam, &settings.source, version);
        version.payload = None;
        let is_current = position + 1 == total;
        if is_current
            && settings.reuse_api_key
            && switches.on_reuse_expiry == OnReuseExpiry::Destroy
        {
            settings.destroyed = true;
            settings.next_rotation_date = None;
        }
    }
}

fn add_generated(step: &mut Step<'_>, secret: &mut Secret, made: Credentials, reader: &str) {
    let mut version = version_of(step, made, reader);
    if let Some(current) = secret.current() {
        version.version_custom_metadata = current.version_custom_metadata.clone();
        let untouched = current.api_key_id.is_none();
        let fills = untouched && step.state.switches.first_read == FirstRead::FillsVersion;
        // A locked version must stay `previous`: the empty one after it gives its place.
        let previous_is_locked =
            secret.previous().is_some_and(|previous| !previous.locks.is_empty());
        if fills {
            version.id.clone_from(&current.id);
            version.created_by.clone_from(&current.created_by);
            version.created_at = current.created_at;
        }
        if fills || previous_is_locked {
            secret.versions.pop();
        }
    }
    secret.push_version(version);
    settle(&mut step.state.iam, secret, step.state.switches, step.now);
}

fn finish_rotation(
    step: &mut Step<'_>,
    secret: &mut Secret,
    mut version: Version,
    attachments: Attachments,
) {
    if let Some(metadata) = attachments.version_custom_metadata {
        version.version_custom_metadata = metadata;
    }
    if let Some(metadata) = attachments.custom_metadata {
        secret.custom_metadata = metadata;
    }
    secret.push_version(version);
    secret.updated_at = step.now;
    if let Kind::IamCredentials(settings) = &mut secret.kind {
        settings.rotated_at = Some(step.now);
        settings.next_rotation_date = settings.rotation.next_due(step.now, step.now);
    }
    settle(&mut step.state.iam, secret, step.state.switches, step.now);
}

fn version_of(step: &mut Step<'_>, made: Credentials, created_by: &str) -> Version {
    Version {
        id: step.ids.uuid(),
        created_by: created_by.to_owned(),
        created_at: step.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: Metadata::new(),
        expiration_date: Some(made.expiration_date),
        api_key_id: Some(made.api_key_id),
        service_id: Some(made.service_id),
        payload: Some(made.api_key),
        locks: Vec::new(),
    }
}

fn rotatable(secret: &Secret) -> Result<IamCredentials> {
    match &secret.kind {
        Kind::IamCredentials(settings) if !settings.reuse_api_key => Err(Refusal::new(
            refusal::Kind::ReuseOff,
            "Rotating IAM credentials is not supported when reuse credentials is off.",
        )),
        Kind::IamCredentials(settings) if settings.destroyed => {
            Err(Refusal::new(refusal::Kind::VersionNotActive, "Version current is not active."))
        }
        Kind::IamCredentials(settings) => Ok(settings.clone()),
        Kind::Arbitrary { .. } => {
            Err(Refusal::field("secret_type", "versions of this secret are made with a payload"))
        }
    }
}

fn refuse_locked_previous(secret: &Secret) -> Result<()> {
    if secret.previous().is_some_and(|previous| !previous.locks.is_empty()) {
        return Err(Refusal::version_locked());
    }
    Ok(())
}
