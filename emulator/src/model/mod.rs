//! What exists, as plain values: no clock, no randomness, no wire.

pub mod iam;
pub mod lease;
pub mod secret;
pub mod sensitive;
pub mod table;
pub mod timestamp;
pub mod vault;

use crate::model::table::{Row, Table};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Everything the emulator knows; `GET /_emulator/state` as a type.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// Behaviours on which IBM's documents differ or are silent.
    pub switches: Switches,
    /// IAM.
    pub iam: iam::Iam,
    /// Secrets Manager.
    pub secrets_manager: vault::Vault,
}

/// Behaviours that can be chosen; the defaults are those of ibm-api.md 6.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// What the end of a lease does to a secret that reuses its key (ibm-api.md 4.6).
    pub on_reuse_expiry: OnReuseExpiry,
    /// Where the first credentials of a secret go (ibm-api.md 4.3).
    pub first_read: FirstRead,
    /// For so many seconds a new key, membership or policy is not yet known everywhere.
    pub iam_propagation_seconds: u32,
    /// How a time to live is answered (ibm-api.md 4.4).
    pub ttl_echo: TtlEcho,
    /// What a patch of `custom_metadata` does (ibm-api.md 2.4, S6).
    pub custom_metadata_patch: CustomMetadataPatch,
    /// What locking and unlocking in IAM answers (ibm-api.md 3.1).
    pub iam_lock_reply: IamLockReply,
    /// Whether creating and patching a configuration answers its key (ibm-api.md 2.8).
    pub configuration_reply: ConfigurationReply,
}

/// See [`Switches::on_reuse_expiry`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnReuseExpiry {
    /// The next read makes new credentials.
    #[default]
    Regenerate,
    /// The secret goes to state 5 and stays without data.
    Destroy,
}

/// See [`Switches::first_read`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstRead {
    /// Version 1 stays empty; the first read adds version 2.
    #[default]
    AddsVersion,
    /// The first read fills version 1.
    FillsVersion,
}

/// See [`Switches::ttl_echo`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TtlEcho {
    /// Seconds.
    #[default]
    Seconds,
    /// As it was given.
    AsGiven,
}

/// See [`Switches::custom_metadata_patch`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomMetadataPatch {
    /// The whole object is replaced.
    #[default]
    Replace,
    /// It is merged, and null deletes (RFC 7396).
    Merge,
}

/// See [`Switches::iam_lock_reply`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamLockReply {
    /// 204.
    #[default]
    Empty,
    /// 200 with the entity, as older revisions of the API did.
    Entity,
}

/// See [`Switches::configuration_reply`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigurationReply {
    /// With the key, as a read does.
    #[default]
    WithKey,
    /// Without it.
    WithoutKey,
}

/// Does something with every table of a state.
pub trait Visitor {
    /// Does it with one; `name` is the table's in the state's JSON.
    fn visit<T: Row + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
        table: &mut Table<T>,
    );
}

struct Commit;

impl Visitor for Commit {
    fn visit<T: Row + Serialize + DeserializeOwned>(
        &mut self,
        _: &'static str,
        table: &mut Table<T>,
    ) {
        table.commit();
    }
}

struct Rollback;

impl Visitor for Rollback {
    fn visit<T: Row + Serialize + DeserializeOwned>(
        &mut self,
        _: &'static str,
        table: &mut Table<T>,
    ) {
        table.rollback();
    }
}

impl State {
    /// Keeps all changes.
    pub fn commit(&mut self) {
        self.visit(&mut Commit);
    }

    /// Takes back all changes since the last commit.
    pub fn rollback(&mut self) {
        self.visit(&mut Rollback);
    }

    /// Shows every table to `visitor`. A new table must come here: nothing else knows them all.
    pub fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { switches: _, iam, secrets_manager } = self;
        let iam::Iam {
            accounts,
            service_ids,
            api_keys,
            access_groups,
            memberships,
            policies,
            users,
            profiles,
            refresh_tokens,
        } = iam;
        visitor.visit("accounts", accounts);
        visitor.visit("service_ids", service_ids);
        visitor.visit("api_keys", api_keys);
        visitor.visit("access_groups", access_groups);
        visitor.visit("memberships", memberships);
        visitor.visit("policies", policies);
        visitor.visit("users", users);
        visitor.visit("profiles", profiles);
        visitor.visit("refresh_tokens", refresh_tokens);
        let vault::Vault { instances, secret_groups, configurations, secrets } = secrets_manager;
        visitor.visit("instances", instances);
        visitor.visit("secret_groups", secret_groups);
        visitor.visit("configurations", configurations);
        visitor.visit("secrets", secrets);
    }
}
