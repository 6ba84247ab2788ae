//! Reads, rotates, restores and expires the versions of a secret (ibm-api.md 4.3 to 4.6).

use crate::engine::authorization;
use crate::engine::credentials::{self, Credentials};
use crate::error::{ApiError, ErrorKind, Result};
use crate::model::iam::Iam;
use crate::model::secret::{IamCredentials, Kind, Metadata, Secret, Version};
use crate::model::secrets_manager::Instance;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::model::{FirstRead, OnReuseExpiry, Switches};
use crate::transaction::Transaction;

/// The metadata that a caller may send with a new version.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// Replaces the secret's metadata.
    pub custom_metadata: Option<Metadata>,
    /// The metadata of the new version.
    pub version_custom_metadata: Option<Metadata>,
}

/// Reads the data of the current version. Generates credentials if they are missing, or if the
/// secret does not reuse its key.
pub fn read(
    tx: &mut Transaction<'_>,
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
            return Err(ApiError::version_locked());
        }
        if !settings.reuse_api_key || (missing && !settings.destroyed) {
            let made = credentials::generate(tx, instance, &settings, &secret.id)?;
            add_generated(tx, secret, made, reader);
        }
        if let Some(current) = secret.current() {
            credentials::lock_again(&mut tx.state.iam, &settings.source, current, tx.now);
        }
    }
    if let Some(current) = secret.current_mut() {
        current.downloaded |= current.payload_available();
    }
    secret.retrieved_at = Some(tx.now);
    secret.updated_at = tx.now;
    Ok(())
}

/// Generates new credentials as the current version (ibm-api.md 4.5).
pub fn rotate(
    tx: &mut Transaction<'_>,
    instance: &Instance,
    secret: &mut Secret,
    created_by: &str,
    auto_rotated: bool,
    attachments: Attachments,
) -> Result<()> {
    let settings = rotatable(secret)?;
    refuse_locked_previous(secret)?;
    let made = credentials::generate(tx, instance, &settings, &secret.id)?;
    let mut version = version_of(tx, made, created_by);
    version.auto_rotated = auto_rotated;
    finish_rotation(tx, secret, version, attachments);
    Ok(())
}

/// Stores a new payload as the current version of an arbitrary secret (ibm-api.md 2.5).
pub fn add_payload(
    tx: &mut Transaction<'_>,
    secret: &mut Secret,
    created_by: &str,
    payload: Sensitive,
    attachments: Attachments,
) -> Result<()> {
    if secret.is_destroyed() {
        return Err(ApiError::new(
            ErrorKind::VersionNotActive,
            "The secret has expired: its versions are destroyed.",
        ));
    }
    refuse_locked_previous(secret)?;
    let version = Version {
        id: tx.ids.uuid(),
        created_by: created_by.to_owned(),
        created_at: tx.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: Metadata::new(),
        expiration_date: None,
        api_key_id: None,
        service_id: None,
        payload: Some(payload),
        locks: Vec::new(),
    };
    finish_rotation(tx, secret, version, attachments);
    Ok(())
}

/// Restores the credentials of an older version as a new current version.
pub fn restore(
    tx: &mut Transaction<'_>,
    secret: &mut Secret,
    segment: &str,
    created_by: &str,
    attachments: Attachments,
) -> Result<()> {
    rotatable(secret)?;
    let not_active =
        || ApiError::new(ErrorKind::VersionNotActive, format!("Version {segment} is not active."));
    let position = secret.position(segment).ok_or_else(not_active)?;
    refuse_locked_previous(secret)?;
    let is_current = position + 1 == secret.versions.len();
    let id = tx.ids.uuid();
    let source = secret
        .versions
        .get_mut(position)
        .filter(|source| source.payload_available() && !is_current)
        .ok_or_else(not_active)?;
    let version = Version {
        id,
        created_by: created_by.to_owned(),
        created_at: tx.now,
        auto_rotated: false,
        downloaded: false,
        version_custom_metadata: Metadata::new(),
        locks: Vec::new(),
        // The data moves: one key belongs to one version.
        payload: source.payload.take(),
        ..source.clone()
    };
    finish_rotation(tx, secret, version, attachments);
    Ok(())
}

/// Deletes the data of the current version immediately, also in IAM.
pub fn delete_data(tx: &mut Transaction<'_>, secret: &mut Secret, segment: &str) -> Result<()> {
    let position =
        secret.position(segment).ok_or_else(|| ApiError::not_found("Version", segment))?;
    if position + 1 != secret.versions.len() {
        return Err(ApiError::path("id", "only the data of the current version can be deleted"));
    }
    let Some(current) = secret.versions.get_mut(position) else {
        return Err(ApiError::not_found("Version", segment));
    };
    if !current.locks.is_empty() {
        return Err(ApiError::version_locked());
    }
    if !current.payload_available() {
        return Err(ApiError::new(
            ErrorKind::VersionNotActive,
            format!("Version {segment} is not active."),
        ));
    }
    if let Kind::IamCredentials(settings) = &secret.kind {
        credentials::revoke(&mut tx.state.iam, &settings.source, current);
    }
    current.payload = None;
    secret.updated_at = tx.now;
    Ok(())
}

/// Deletes everything in IAM that was generated for the secret. An engine without its rights in IAM
/// leaves it there, and the secret is deleted all the same.
pub fn delete_all(tx: &mut Transaction<'_>, instance: &Instance, secret: &Secret) -> Result<()> {
    if secret.locks_total() > 0 {
        return Err(ApiError::version_locked());
    }
    if let Kind::IamCredentials(settings) = &secret.kind
        && authorization::authorize(tx, instance, settings).is_ok()
    {
        for version in secret.versions.iter().filter(|version| version.payload_available()) {
            credentials::revoke(&mut tx.state.iam, &settings.source, version);
        }
    }
    Ok(())
}

/// Removes the data of every version that has expired or is older than the versions kept. A lock
/// keeps the data.
pub fn settle(iam: &mut Iam, secret: &mut Secret, switches: Switches, now: Timestamp) {
    let total = secret.versions.len();
    let (kept, secret_expiration) = match &secret.kind {
        Kind::IamCredentials(settings) => (if settings.reuse_api_key { 2 } else { 1 }, None),
        Kind::Arbitrary { expiration_date, .. } => (2, *expiration_date),
    };
    for (position, version) in secret.versions.iter_mut().enumerate() {
        let superseded = position + kept < total;
        let expiration = version.expiration_date.or(secret_expiration);
        let expired = expiration.is_some_and(|expiration| expiration <= now);
        if !version.payload_available() || !version.locks.is_empty() || !(superseded || expired) {
            continue;
        }
        if let Kind::IamCredentials(settings) = &secret.kind {
            credentials::revoke(iam, &settings.source, version);
        }
        version.payload = None;
        if position + 1 < total {
            continue;
        }
        match &mut secret.kind {
            Kind::IamCredentials(settings)
                if settings.reuse_api_key && switches.on_reuse_expiry == OnReuseExpiry::Destroy =>
            {
                settings.destroyed = true;
                settings.next_rotation_date = None;
            }
            Kind::IamCredentials(_) => {}
            Kind::Arbitrary { destroyed, .. } => *destroyed = true,
        }
    }
}

fn add_generated(tx: &mut Transaction<'_>, secret: &mut Secret, made: Credentials, reader: &str) {
    let mut version = version_of(tx, made, reader);
    if let Some(current) = secret.current() {
        version.version_custom_metadata = current.version_custom_metadata.clone();
        let untouched = current.api_key_id.is_none();
        let fills = untouched && tx.state.switches.first_read == FirstRead::FillsVersion;
        // A locked version must stay `previous`, so the empty version after it is replaced.
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
    settle(&mut tx.state.iam, secret, tx.state.switches, tx.now);
}

fn finish_rotation(
    tx: &mut Transaction<'_>,
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
    secret.updated_at = tx.now;
    if let Kind::IamCredentials(settings) = &mut secret.kind {
        settings.rotated_at = Some(tx.now);
        settings.next_rotation_date = settings.rotation.next_due(tx.now, tx.now);
    }
    settle(&mut tx.state.iam, secret, tx.state.switches, tx.now);
}

fn version_of(tx: &mut Transaction<'_>, made: Credentials, created_by: &str) -> Version {
    Version {
        id: tx.ids.uuid(),
        created_by: created_by.to_owned(),
        created_at: tx.now,
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
        Kind::IamCredentials(settings) if !settings.reuse_api_key => Err(ApiError::new(
            ErrorKind::ReuseOff,
            "Rotating IAM credentials is not supported when reuse credentials is off.",
        )),
        Kind::IamCredentials(settings) if settings.destroyed => {
            Err(ApiError::new(ErrorKind::VersionNotActive, "Version current is not active."))
        }
        Kind::IamCredentials(settings) => Ok(settings.clone()),
        Kind::Arbitrary { .. } => {
            Err(ApiError::field("secret_type", "versions of this secret are made with a payload"))
        }
    }
}

fn refuse_locked_previous(secret: &Secret) -> Result<()> {
    if secret.previous().is_some_and(|previous| !previous.locks.is_empty()) {
        return Err(ApiError::version_locked());
    }
    Ok(())
}
