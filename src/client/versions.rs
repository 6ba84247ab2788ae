//! Versions and locks of secrets: one method per endpoint (ibm-api.md 2.5, 2.6).

use serde::Deserialize;

use super::error::ApiError;
use super::instance::InstanceClient;
use super::operation::Operation;
use super::types::{
    SecretLock, SecretType, Version, VersionMetadata, VersionMetadataPatch, VersionPrototype,
};

/// The alias of the current version.
const CURRENT: &str = "current";

#[derive(Deserialize)]
#[serde(bound = "")]
struct VersionList<T: SecretType> {
    versions: Vec<VersionMetadata<T>>,
}

#[derive(Deserialize)]
struct LockList {
    locks: Vec<SecretLock>,
}

impl InstanceClient {
    /// V1: rotates a secret. For IAM credentials this makes a new key: the previous one works
    /// until its own lease ends, and the one before that is revoked.
    pub async fn create_version<T: SecretType>(
        &self,
        secret_id: &str,
        prototype: &VersionPrototype<T>,
    ) -> Result<Version<T>, ApiError> {
        let request = self.request(Operation::CreateVersion, &[secret_id])?;
        let request = request.secret(T::version_value(&prototype.own)).json(prototype)?;
        let version: Version<T> = self.json(&request).await?;
        self.received(T::payload_value(&version.payload));
        Ok(version)
    }

    /// V2: all versions that the service remembers, without their values and in no order that is
    /// established.
    pub async fn list_versions<T: SecretType>(
        &self,
        secret_id: &str,
    ) -> Result<Vec<VersionMetadata<T>>, ApiError> {
        let list: VersionList<T> =
            self.json(&self.request(Operation::ListVersions, &[secret_id])?).await?;
        Ok(list.versions)
    }

    /// V4: a version without its value; `version` is an id, `current` or `previous`.
    pub async fn get_version_metadata<T: SecretType>(
        &self,
        secret_id: &str,
        version: &str,
    ) -> Result<VersionMetadata<T>, ApiError> {
        self.json(&self.request(Operation::GetVersionMetadata, &[secret_id, version])?).await
    }

    /// V5: replaces the user's data about a version, which is named as for V4.
    pub async fn update_version_metadata<T: SecretType>(
        &self,
        secret_id: &str,
        version: &str,
        patch: &VersionMetadataPatch,
    ) -> Result<VersionMetadata<T>, ApiError> {
        let request = self.request(Operation::UpdateVersionMetadata, &[secret_id, version])?;
        self.json(&request.merge_patch(patch)?).await
    }

    /// V6: deletes the value of the current version. For IAM credentials this revokes the current
    /// key at once, and with it a service ID that the engine made.
    pub async fn delete_current_version_data(&self, secret_id: &str) -> Result<(), ApiError> {
        self.empty(&self.request(Operation::DeleteVersionData, &[secret_id, CURRENT])?).await
    }

    /// L2: the first locks of a secret, by name.
    pub async fn list_secret_locks(&self, secret_id: &str) -> Result<Vec<SecretLock>, ApiError> {
        let list: LockList =
            self.json(&self.request(Operation::ListSecretLocks, &[secret_id])?).await?;
        Ok(list.locks)
    }
}
