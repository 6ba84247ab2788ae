//! IAM's own rules, the same for its API and for the engine.

pub mod access;
pub mod tokens;

use crate::ids::Ids;
use crate::model::State;
use crate::model::iam::{ApiKey, Iam, Membership, ServiceId, membership_key};
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};

/// Access groups that one identity can be in (ibm-api.md 4.12).
pub const GROUPS_PER_IDENTITY: usize = 50;
/// API keys that one identity can have; IBM's default is not on record.
pub const API_KEYS_PER_IDENTITY: usize = 20_000;

/// What a new service ID is made of.
#[derive(Clone, Debug, Default)]
pub struct NewServiceId {
    /// The account it will belong to.
    pub account_id: String,
    /// Not unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Instances it is tied to.
    pub unique_instance_crns: Vec<String>,
    /// Create it locked.
    pub locked: bool,
}

/// What a new API key is made of.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The account of the identity.
    pub account_id: String,
    /// Whose key it is.
    pub iam_id: String,
    /// Not unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A value of the caller's own; generated when absent.
    pub value: Option<Sensitive>,
    /// Whether the value can be read again.
    pub store_value: bool,
    /// What happens when the key is found in public.
    pub action_when_leaked: Option<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Create it locked.
    pub locked: bool,
    /// Create it disabled.
    pub disabled: bool,
    /// `iam_id` of the caller.
    pub created_by: String,
}

impl Iam {
    /// Makes a service ID and says its id.
    pub fn create_service_id(
        &mut self,
        new: NewServiceId,
        ids: &mut Ids,
        now: Timestamp,
    ) -> String {
        let id = ids.prefixed("ServiceId");
        self.service_ids.insert(ServiceId {
            id: id.clone(),
            account_id: new.account_id,
            name: new.name,
            description: new.description,
            unique_instance_crns: new.unique_instance_crns,
            locked: new.locked,
            revision: 1,
            created_at: now,
            modified_at: now,
        });
        id
    }

    /// Makes an API key. Refuses a value that is taken, and one key too many.
    pub fn create_api_key(
        &mut self,
        new: NewApiKey,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<ApiKey> {
        let value = match new.value {
            Some(value) if self.api_keys.values().any(|key| key.apikey == value) => {
                return Err(Refusal::new(Kind::Conflict, "The API key value is in use."));
            }
            Some(value) => value,
            None => Sensitive::new(ids.api_key()),
        };
        if self.keys_of(&new.iam_id).count() >= API_KEYS_PER_IDENTITY {
            return Err(Refusal::new(
                Kind::Limit,
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

    /// Adds an identity to an access group; a member already there stays as it is.
    pub fn add_member(&mut self, membership: Membership) -> Result<()> {
        let Membership { access_group_id, iam_id, .. } = &membership;
        if self.access_groups.get(access_group_id).is_none() {
            return Err(Refusal::not_found("Access group", access_group_id));
        }
        if self.memberships.get(&membership_key(access_group_id, iam_id)).is_some() {
            return Ok(());
        }
        if self.groups_of(iam_id).count() >= GROUPS_PER_IDENTITY {
            return Err(Refusal::new(
                Kind::Limit,
                format!(
                    "The identity has reached the limit of {GROUPS_PER_IDENTITY} access group memberships."
                ),
            ));
        }
        self.memberships.insert(membership);
        Ok(())
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

    /// The account of a living identity.
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
    /// The key of that value, if the token service accepts it now (ibm-api.md 1.5).
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

/// IAM does not know the entity.
pub fn no_entity(id: &str) -> Refusal {
    Refusal::new(Kind::NotFound, format!("Unable to find object {id}"))
}

/// A locked entity takes no writes.
pub fn refuse_locked(locked: bool) -> Result<()> {
    if locked {
        return Err(Refusal::new(
            Kind::EntityLocked,
            "The entity is locked: unlock it before changing or deleting it.",
        ));
    }
    Ok(())
}
