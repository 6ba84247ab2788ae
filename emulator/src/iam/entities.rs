//! Creates, finds and deletes service IDs, API keys and memberships.

use crate::error::{ApiError, ErrorKind, Result};
use crate::iam::access;
use crate::ids::Ids;
use crate::model::State;
use crate::model::iam::{ApiKey, Iam, Limits, Membership, ServiceId, membership_key};
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;

/// The most access groups that one identity can be in (ibm-api.md 4.12).
pub const GROUPS_PER_IDENTITY: usize = 50;

/// A service ID to be created.
#[derive(Clone, Debug, Default)]
pub struct NewServiceId {
    /// The account it belongs to.
    pub account_id: String,
    /// The group that it is in; the default one when absent.
    pub group_id: Option<String>,
    /// Not unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Instances that the service ID is bound to.
    pub unique_instance_crns: Vec<String>,
    /// Whether it is created locked.
    pub locked: bool,
}

/// An API key to be created.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The account of the identity.
    pub account_id: String,
    /// The identity that the key belongs to.
    pub iam_id: String,
    /// Not unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A value chosen by the caller; generated when absent.
    pub value: Option<Sensitive>,
    /// Whether the value can be read again.
    pub store_value: bool,
    /// What IBM does when the key is found in public.
    pub action_when_leaked: Option<String>,
    /// When the key expires.
    pub expires_at: Option<Timestamp>,
    /// Whether it is created locked.
    pub locked: bool,
    /// Whether it is created disabled.
    pub disabled: bool,
    /// `iam_id` of the caller.
    pub created_by: String,
}

impl Iam {
    /// Creates a service ID and returns its id. Fails if the limit of its group is reached.
    pub fn create_service_id(
        &mut self,
        new: NewServiceId,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<String> {
        let total = self.in_group(&new.account_id, new.group_id.as_deref()).count();
        if total >= self.limits(&new.account_id).serviceids_per_group {
            return Err(ApiError::new(
                ErrorKind::Limit,
                "The limit of service IDs in the account is reached.",
            ));
        }
        let id = ids.prefixed("ServiceId");
        self.service_ids.insert(ServiceId {
            id: id.clone(),
            account_id: new.account_id,
            group_id: new.group_id,
            name: new.name,
            description: new.description,
            unique_instance_crns: new.unique_instance_crns,
            locked: new.locked,
            revision: 1,
            created_at: now,
            modified_at: now,
        });
        Ok(id)
    }

    /// Creates an API key. Fails if the value is in use or the limit is reached.
    pub fn create_api_key(
        &mut self,
        new: NewApiKey,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<ApiKey> {
        let value = match new.value {
            Some(value) if self.api_keys.values().any(|key| key.apikey == value) => {
                return Err(ApiError::new(ErrorKind::Conflict, "The API key value is in use."));
            }
            Some(value) => value,
            None => Sensitive::new(ids.api_key()),
        };
        if self.keys_of(&new.iam_id).count() >= self.limits(&new.account_id).apikeys_per_identity {
            return Err(ApiError::new(
                ErrorKind::Limit,
                "The limit of API keys for this identity is reached.",
            ));
        }
        let key = ApiKey {
            id: ids.prefixed("ApiKey"),
            account_id: new.account_id,
            iam_id: new.iam_id,
            name: new.name,
            description: new.description,
            apikey: value,
            store_value: new.store_value,
            locked: new.locked,
            disabled: new.disabled,
            action_when_leaked: new.action_when_leaked,
            expires_at: new.expires_at,
            revision: 1,
            created_by: new.created_by,
            created_at: now,
            modified_at: now,
        };
        self.api_keys.insert(key.clone());
        Ok(key)
    }

    /// Deletes an unlocked key.
    pub fn delete_api_key(&mut self, id: &str) -> Result<()> {
        let key = self.api_keys.get(id).ok_or_else(|| no_entity(id))?;
        refuse_locked(key.locked)?;
        self.api_keys.remove(id);
        Ok(())
    }

    /// Deletes an unlocked service ID with its keys, memberships and policies.
    pub fn delete_service_id(&mut self, id: &str) -> Result<()> {
        let service_id = self.service_ids.get(id).ok_or_else(|| no_entity(id))?;
        refuse_locked(service_id.locked)?;
        let iam_id = service_id.iam_id();
        let keys: Vec<_> = self.keys_of(&iam_id).map(|key| key.id.clone()).collect();
        for key in keys {
            self.api_keys.remove(&key);
        }
        let groups: Vec<_> = self.groups_of(&iam_id).map(str::to_owned).collect();
        for group in groups {
            self.memberships.remove(&membership_key(&group, &iam_id));
        }
        self.service_ids.remove(id);
        Ok(())
    }

    /// Adds an identity to an access group; does nothing if it is a member already.
    pub fn add_member(&mut self, membership: Membership) -> Result<()> {
        let Membership { access_group_id, iam_id, .. } = &membership;
        if self.access_groups.get(access_group_id).is_none() {
            return Err(ApiError::not_found("Access group", access_group_id));
        }
        if self.memberships.get(&membership_key(access_group_id, iam_id)).is_some() {
            return Ok(());
        }
        if self.groups_of(iam_id).count() >= GROUPS_PER_IDENTITY {
            return Err(ApiError::new(
                ErrorKind::Limit,
                format!(
                    "The identity has reached the limit of {GROUPS_PER_IDENTITY} access group memberships."
                ),
            ));
        }
        self.memberships.insert(membership);
        Ok(())
    }

    /// What can exist in an account.
    pub fn limits(&self, account_id: &str) -> Limits {
        self.accounts.get(account_id).map_or_else(Limits::default, |account| account.limits)
    }

    /// The service IDs in a group of an account; in the default group when there is none.
    pub fn in_group<'a>(
        &'a self,
        account_id: &'a str,
        group_id: Option<&'a str>,
    ) -> impl Iterator<Item = &'a ServiceId> {
        self.service_ids
            .values()
            .filter(move |id| id.account_id == account_id && id.group_id.as_deref() == group_id)
    }

    /// The keys of an identity.
    pub fn keys_of<'a>(&'a self, iam_id: &'a str) -> impl Iterator<Item = &'a ApiKey> {
        self.api_keys.values().filter(move |key| key.iam_id == iam_id)
    }

    /// The groups an identity is in.
    pub fn groups_of<'a>(&'a self, iam_id: &'a str) -> impl Iterator<Item = &'a str> {
        self.access_groups
            .values()
            .map(|group| group.id.as_str())
            .filter(move |group| self.memberships.get(&membership_key(group, iam_id)).is_some())
    }

    /// The account of an existing identity.
    pub fn account_of(&self, iam_id: &str) -> Option<&str> {
        if let Some(user) = self.users.get(iam_id) {
            return Some(&user.account_id);
        }
        let id = iam_id.strip_prefix("iam-")?;
        let service_id = self.service_ids.get(id).map(|found| &found.account_id);
        let profile = self.profiles.get(id).map(|found| &found.account_id);
        service_id.or(profile).map(String::as_str)
    }
}

impl State {
    /// The key with that value, if the token service accepts it now (ibm-api.md 1.5).
    pub fn usable_key(&self, value: &str, now: Timestamp) -> Option<&ApiKey> {
        let known_since = access::known_since(self, now);
        self.iam.api_keys.values().find(|key| {
            key.apikey.expose() == value
                && !key.disabled
                && key.expires_at.is_none_or(|end| now < end)
                && key.created_at <= known_since
                && self.iam.account_of(&key.iam_id).is_some()
        })
    }
}

/// The error for an entity that does not exist.
pub fn no_entity(id: &str) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("Unable to find object {id}"))
}

/// Refuses to change or delete a locked entity.
pub fn refuse_locked(locked: bool) -> Result<()> {
    if locked {
        return Err(ApiError::new(
            ErrorKind::EntityLocked,
            "The entity is locked: unlock it before changing or deleting it.",
        ));
    }
    Ok(())
}
