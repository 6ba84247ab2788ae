//! Generates, locks again and revokes credentials in IAM (ibm-api.md 4.8, 4.10).

use crate::engine::authorization;
use crate::error::{ApiError, Result};
use crate::iam::entities::{NewApiKey, NewServiceId};
use crate::model::iam::{Iam, Membership};
use crate::model::secret::{IamCredentials, Source, Version};
use crate::model::secrets_manager::Instance;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::transaction::Transaction;

/// Credentials that exist in IAM.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The identity that the key belongs to.
    pub service_id: String,
    /// `ApiKey-<uuid>`.
    pub api_key_id: String,
    /// The value.
    pub api_key: Sensitive,
    /// When the lease ends.
    pub expiration_date: Timestamp,
}

/// Generates credentials for a secret with these settings. All checks come before the first
/// change.
pub fn generate(
    tx: &mut Transaction<'_>,
    instance: &Instance,
    settings: &IamCredentials,
    secret_id: &str,
) -> Result<Credentials> {
    let created_by = authorization::authorize(tx, instance, settings)?;
    check_source(&tx.state.iam, instance, settings)?;
    let account_id = authorization::target_account(instance, settings).to_owned();
    let description = format!("Made for secret {secret_id} of {}", instance.crn());
    let service_id = match &settings.source {
        Source::ServiceId(id) => id.clone(),
        Source::AccessGroups(groups) => {
            let id = tx.state.iam.create_service_id(
                NewServiceId {
                    account_id: account_id.clone(),
                    name: settings.iam_name.clone(),
                    description: Some(description.clone()),
                    locked: true,
                    ..Default::default()
                },
                tx.ids,
                tx.now,
            )?;
            for group in groups {
                tx.state.iam.add_member(Membership {
                    access_group_id: group.clone(),
                    iam_id: format!("iam-{id}"),
                    member_type: "service".to_owned(),
                    created_at: tx.now,
                    created_by_id: created_by.clone(),
                })?;
            }
            id
        }
    };
    let key = tx.state.iam.create_api_key(
        NewApiKey {
            account_id,
            iam_id: format!("iam-{service_id}"),
            name: settings.iam_name.clone(),
            description: Some(description),
            value: None,
            store_value: false,
            action_when_leaked: None,
            expires_at: None,
            locked: true,
            disabled: false,
            created_by,
        },
        tx.ids,
        tx.now,
    )?;
    Ok(Credentials {
        service_id,
        api_key_id: key.id,
        api_key: key.apikey,
        expiration_date: settings.ttl.end_from(tx.now),
    })
}

/// Checks that the service ID or the access groups are in the account of the credentials.
pub fn check_source(iam: &Iam, instance: &Instance, settings: &IamCredentials) -> Result<()> {
    let account = authorization::target_account(instance, settings);
    match &settings.source {
        Source::ServiceId(id) => {
            let found = iam.service_ids.get(id);
            if found.is_none_or(|found| found.account_id != account) {
                return Err(missing("service_id", id, account));
            }
        }
        Source::AccessGroups(groups) => {
            for id in groups {
                let found = iam.access_groups.get(id);
                if found.is_none_or(|found| found.account_id != account) {
                    return Err(missing("access_groups", id, account));
                }
            }
        }
    }
    Ok(())
}

/// Deletes the version's objects in IAM. Objects that are gone already are no error.
pub fn revoke(iam: &mut Iam, source: &Source, version: &Version) {
    if let Some(id) = &version.api_key_id {
        iam.api_keys.remove(id);
    }
    if let (Source::AccessGroups(_), Some(id)) = (source, &version.service_id) {
        if let Some(service_id) = iam.service_ids.get_mut(id) {
            service_id.locked = false;
        }
        // Fails only if it is gone already: the lock was removed above.
        let _ = iam.delete_service_id(id);
    }
}

/// Locks the version's objects in IAM again, as every read of the data does (ibm-api.md 4.7).
pub fn lock_again(iam: &mut Iam, source: &Source, version: &Version, now: Timestamp) {
    let id = version.api_key_id.as_deref().unwrap_or_default();
    if iam.api_keys.get(id).is_some_and(|key| !key.locked)
        && let Some(key) = iam.api_keys.get_mut(id)
    {
        key.locked = true;
        key.revision = key.revision.saturating_add(1);
        key.modified_at = now;
    }
    let id = version.service_id.as_deref().unwrap_or_default();
    if matches!(source, Source::AccessGroups(_))
        && iam.service_ids.get(id).is_some_and(|id| !id.locked)
        && let Some(service_id) = iam.service_ids.get_mut(id)
    {
        service_id.locked = true;
        service_id.revision = service_id.revision.saturating_add(1);
        service_id.modified_at = now;
    }
}

fn missing(field: &str, id: &str, account: &str) -> ApiError {
    ApiError::field(field, &format!("'{id}' does not exist in account {account}"))
}
