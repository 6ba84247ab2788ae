//! What exists in Secrets Manager: instances, secret groups, engine configurations, secrets.

use crate::model::secret::Secret;
use crate::model::sensitive::Sensitive;
use crate::model::table::{Row, Table};
use crate::model::timestamp::Timestamp;
use crate::refusal::{Refusal, Result};
use serde::{Deserialize, Serialize};

/// The id and name of the group that always exists.
pub const DEFAULT_GROUP: &str = "default";

/// The Secrets Manager half of the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vault {
    /// Instances by id.
    pub instances: Table<Instance>,
    /// Secret groups by instance and id.
    pub secret_groups: Table<SecretGroup>,
    /// Configurations by instance and name.
    pub configurations: Table<Configuration>,
    /// Secrets by id.
    pub secrets: Table<Secret>,
}

impl Vault {
    /// Removes the instance and all that is in it.
    pub fn delete_instance(&mut self, id: &str) -> Result<()> {
        if self.instances.remove(id).is_none() {
            return Err(Refusal::not_found("Instance", id));
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
        Ok(())
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
    /// When it was made; the default group carries the same time.
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
    /// Where it is.
    pub instance_id: String,
    /// Unique in the instance.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// `iam_id` of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// The `config_type` of the engine's configuration.
pub const IAM_CREDENTIALS_CONFIGURATION: &str = "iam_credentials_configuration";

fn iam_credentials_configuration() -> String {
    IAM_CREDENTIALS_CONFIGURATION.to_owned()
}

/// The engine's configuration by API key (ibm-api.md 2.8).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where it is.
    pub instance_id: String,
    /// Always the engine's, unless a state was put that has one of another engine: clients must
    /// cope with names that are there twice.
    #[serde(default = "iam_credentials_configuration")]
    pub config_type: String,
    /// Unique in the instance for its type.
    pub name: String,
    /// The engine's key.
    pub api_key: Sensitive,
    /// Whether the engine ignores the key.
    #[serde(default)]
    pub disabled: bool,
    /// The token the engine got for the key; it outlives the key, not the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<EngineSession>,
    /// `iam_id` of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// Who the engine is until its token ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSession {
    /// The identity of the key.
    pub iam_id: String,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// The key of a row inside an instance: the instance's rows start with `<instance>/`.
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
    /// Whether it is the engine's.
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
