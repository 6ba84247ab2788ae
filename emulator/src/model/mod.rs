//! The state of the emulator as plain values: no clock, no randomness, no HTTP.

pub mod iam;
pub mod lease;
pub mod secret;
pub mod secrets_manager;
pub mod sensitive;
pub mod table;
pub mod timestamp;

use crate::model::lease::RotationMonth;
use crate::model::table::{Row, Table};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The whole state; `GET /_emulator/state` returns it as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// Behaviour on which IBM's documentation is silent or contradicts itself.
    pub switches: Switches,
    /// IAM.
    pub iam: iam::Iam,
    /// Secrets Manager.
    pub secrets_manager: secrets_manager::SecretsManager,
}

/// Selectable behaviour; the defaults are those of ibm-api.md 6.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// What happens to a secret that reuses its key when the lease ends (ibm-api.md 4.6).
    pub on_reuse_expiry: OnReuseExpiry,
    /// Which version holds the first credentials of a secret (ibm-api.md 4.3).
    pub first_read: FirstRead,
    /// How many seconds a new key, membership or policy takes to become effective.
    pub iam_propagation_seconds: u32,
    /// How a time to live is returned (ibm-api.md 4.4).
    pub ttl_echo: TtlEcho,
    /// How a patch changes `custom_metadata` (ibm-api.md 2.4, S6).
    pub custom_metadata_patch: CustomMetadataPatch,
    /// What locking and unlocking in IAM returns (ibm-api.md 3.1).
    pub iam_lock_reply: IamLockReply,
    /// Whether creating and patching a configuration returns its key (ibm-api.md 2.8).
    pub configuration_reply: ConfigurationReply,
    /// What the list of secrets tells of each (ibm-api.md 2.4).
    pub list_entries: ListEntries,
    /// How a second configuration of the IAM credentials engine is refused (ibm-api.md 2.8).
    pub second_engine: SecondEngine,
    /// How the name of another secret or secret group is refused (ibm-api.md 2.8, 6.3).
    pub taken_name: TakenName,
    /// How long a month of a rotation interval counts against a time to live (ibm-api.md 4.5).
    pub rotation_month: RotationMonth,
    /// How many requests each instance answers in one second; any number when 0.
    pub rate_limit_per_second: u32,
}

/// See [`Switches::on_reuse_expiry`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnReuseExpiry {
    /// The next read generates new credentials.
    #[default]
    Regenerate,
    /// The secret goes to state 5 and never has data again.
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
    /// As the caller wrote it.
    AsGiven,
}

/// See [`Switches::custom_metadata_patch`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomMetadataPatch {
    /// The whole object is replaced.
    #[default]
    Replace,
    /// The objects are merged; null deletes (RFC 7396).
    Merge,
}

/// See [`Switches::iam_lock_reply`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamLockReply {
    /// No body.
    #[default]
    Empty,
    /// The entity, as in older revisions of the API.
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

/// See [`Switches::list_entries`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListEntries {
    /// What a read tells.
    #[default]
    Whole,
    /// The same without `description` and `expiration_date`.
    Brief,
}

/// See [`Switches::second_engine`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondEngine {
    /// 400, the one status that the tests of IBM's Node SDK tolerate.
    #[default]
    BadRequest,
    /// 409.
    Conflict,
}

/// See [`Switches::taken_name`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenName {
    /// 409.
    #[default]
    Conflict,
    /// 400, which the tests of IBM's Node SDK tolerate.
    BadRequest,
}

/// Visits every table of a state.
pub trait Visitor {
    /// Visits one table; `name` is its field name in the state's JSON.
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

    /// Undoes all changes since the last commit.
    pub fn rollback(&mut self) {
        self.visit(&mut Rollback);
    }

    /// Passes every table to `visitor`. New tables must be added here, and only here.
    pub fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { switches: _, iam, secrets_manager } = self;
        let iam::Iam {
            accounts,
            service_ids,
            service_id_groups,
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
        visitor.visit("service_id_groups", service_id_groups);
        visitor.visit("api_keys", api_keys);
        visitor.visit("access_groups", access_groups);
        visitor.visit("memberships", memberships);
        visitor.visit("policies", policies);
        visitor.visit("users", users);
        visitor.visit("profiles", profiles);
        visitor.visit("refresh_tokens", refresh_tokens);
        let secrets_manager::SecretsManager { instances, secret_groups, configurations, secrets } =
            secrets_manager;
        visitor.visit("instances", instances);
        visitor.visit("secret_groups", secret_groups);
        visitor.visit("configurations", configurations);
        visitor.visit("secrets", secrets);
    }
}
