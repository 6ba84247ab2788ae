//! The objects of Secrets Manager: instances, secret groups, configurations, secrets.

use crate::model::secret::Secret;
use crate::model::sensitive::Sensitive;
use crate::model::table::{Row, Table};
use crate::model::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The id and name of the group that always exists.
pub const DEFAULT_GROUP: &str = "default";

/// The state of Secrets Manager.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsManager {
    /// Instances by id.
    pub instances: Table<Instance>,
    /// Secret groups by instance and id.
    pub secret_groups: Table<SecretGroup>,
    /// Configurations by instance and name.
    pub configurations: Table<Configuration>,
    /// Secrets by id.
    pub secrets: Table<Secret>,
}

impl SecretsManager {
    /// Removes an instance with everything in it; returns whether it existed.
    pub fn delete_instance(&mut self, id: &str) -> bool {
        if self.instances.remove(id).is_none() {
            return false;
        }
        let prefix = within(id, "");
        let groups: Vec<_> = self.secret_groups.starting_with(&prefix).map(Row::key).collect();
        let configurations: Vec<_> =
            self.configurations.starting_with(&prefix).map(Row::key).collect();
        let secrets = self.secrets.values().filter(|secret| secret.instance_id == id);
        let secrets: Vec<_> = secrets.map(Row::key).collect();
        for key in groups {
            self.secret_groups.remove(&key);
        }
        for key in configurations {
            self.configurations.remove(&key);
        }
        for key in secrets {
            self.secrets.remove(&key);
        }
        true
    }
}

/// A service instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// A UUID.
    pub id: String,
    /// The account it belongs to.
    pub account_id: String,
    /// Such as `us-south`.
    pub region: String,
    /// When it was created; also the creation time of the default group.
    pub created_at: Timestamp,
}

impl Instance {
    /// `crn:v1:bluemix:public:secrets-manager:<region>:a/<account>:<instance>::`.
    pub fn crn(&self) -> String {
        self.crn_of("", "")
    }

    /// The CRN of an object in the instance.
    pub fn crn_of(&self, resource_type: &str, resource: &str) -> String {
        format!(
            "crn:v1:bluemix:public:secrets-manager:{}:a/{}:{}:{resource_type}:{resource}",
            self.region, self.account_id, self.id
        )
    }
}

/// A secret group other than the default one (ibm-api.md 2.7).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretGroup {
    /// A UUID.
    pub id: String,
    /// The instance it belongs to.
    pub instance_id: String,
    /// Unique in the instance.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last modified.
    pub updated_at: Timestamp,
}

/// The `config_type` of the IAM credentials engine's configuration.
pub const IAM_CREDENTIALS_CONFIGURATION: &str = "iam_credentials_configuration";

fn iam_credentials_configuration() -> String {
    IAM_CREDENTIALS_CONFIGURATION.to_owned()
}

/// The engine's configuration with an API key (ibm-api.md 2.8).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The instance it belongs to.
    pub instance_id: String,
    /// Always the IAM credentials engine's, unless a seeded state says otherwise: clients must
    /// cope with two configurations of the same name.
    #[serde(default = "iam_credentials_configuration")]
    pub config_type: String,
    /// Unique in the instance for its configuration type.
    pub name: String,
    /// The engine's key.
    pub api_key: Sensitive,
    /// Whether the engine ignores the key.
    #[serde(default)]
    pub disabled: bool,
    /// The token issued for the key; it outlives the key, but not the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<EngineSession>,
    /// `iam_id` of the caller that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last modified.
    pub updated_at: Timestamp,
}

/// The engine's identity until its token expires.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSession {
    /// The identity that the key belongs to.
    pub iam_id: String,
    /// When the token expires.
    pub expires_at: Timestamp,
}

/// The key of a row that belongs to an instance: it starts with `<instance>/`.
pub fn within(instance_id: &str, id: &str) -> String {
    format!("{instance_id}/{id}")
}

impl Row for Instance {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for SecretGroup {
    fn key(&self) -> String {
        within(&self.instance_id, &self.id)
    }
}

impl Configuration {
    /// Whether it configures the IAM credentials engine.
    pub fn is_engine(&self) -> bool {
        self.config_type == IAM_CREDENTIALS_CONFIGURATION
    }
}

impl Row for Configuration {
    fn key(&self) -> String {
        let path = format!("{}/{}", self.name, self.config_type);
        within(&self.instance_id, &path)
    }
}

impl Row for Secret {
    fn key(&self) -> String {
        self.id.clone()
    }
}
