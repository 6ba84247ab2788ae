//! Turns configuration into a client and lists what exists; decides nothing per
//! resource.

mod addresses;
pub mod config;
mod credentials;
mod endpoints_file;
mod fields;
mod network;
pub mod surroundings;

use std::path::Path;
use std::sync::Arc;

use self::config::resolve;
use self::fields::ProviderBlock;
use self::surroundings::Surroundings;
use crate::client::Client;
use crate::engine::{EngineConfiguration, EngineConfigurationList, EngineConfigurationSource};
use crate::framework::codec::to_model;
use crate::framework::diag::Diagnostics;
use crate::framework::field::FieldSet;
use crate::framework::provider::{Provider, Registry};
use crate::framework::value::Object;
use crate::functions::functions;
use crate::iam_credentials::{
    HeldSecret, IamCredentialsSecret, IamCredentialsSecretList, Lease, Rotate,
    SecretMetadataSource, SecretSource,
};
use crate::scope::connection::{Configured, Connection};
use crate::secret_group::{SecretGroup, SecretGroupList, SecretGroupSource, SecretGroupsSource};

/// A function that looks a variable up.
pub type Variable = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The provider for IAM credentials of IBM Cloud Secrets Manager.
pub struct IbmSm {
    fields: FieldSet,
    registry: Registry,
    connection: Connection,
    variable: Variable,
}

impl IbmSm {
    /// A provider that takes what its block leaves out from these variables.
    pub fn new(variable: Variable) -> Self {
        let connection = Connection::default();
        IbmSm {
            fields: fields::fields(),
            registry: Registry {
                resources: vec![
                    Box::new(IamCredentialsSecret::new(connection.clone())),
                    Box::new(EngineConfiguration::new(connection.clone())),
                    Box::new(SecretGroup::new(connection.clone())),
                ],
                data_sources: vec![
                    Box::new(SecretSource::new(connection.clone())),
                    Box::new(SecretMetadataSource::new(connection.clone())),
                    Box::new(EngineConfigurationSource::new(connection.clone())),
                    Box::new(SecretGroupSource::new(connection.clone())),
                    Box::new(SecretGroupsSource::new(connection.clone())),
                ],
                list_resources: vec![
                    Box::new(IamCredentialsSecretList::new(connection.clone())),
                    Box::new(EngineConfigurationList::new(connection.clone())),
                    Box::new(SecretGroupList::new(connection.clone())),
                ],
                functions: functions(),
                ephemeral_resources: vec![
                    Box::new(HeldSecret::new(connection.clone())),
                    Box::new(Lease::new(connection.clone())),
                ],
                actions: vec![Box::new(Rotate::new(connection.clone()))],
            },
            connection,
            variable,
        }
    }
}

impl Provider for IbmSm {
    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = self.fields.check(config);
        match to_model::<ProviderBlock>(config) {
            Ok(block) => diagnostics.add_diagnostics(config::validate(&block)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn configure(&self, config: &Object) -> Diagnostics {
        let outside = Surroundings {
            variable: &*self.variable,
            read_file: &|path| std::fs::read_to_string(path),
            file_exists: &|path| Path::new(path).exists(),
        };
        let resolved =
            to_model::<ProviderBlock>(config).and_then(|block| resolve(&block, &outside));
        match resolved {
            Ok(resolved) => {
                let client = Arc::new(Client::new(resolved.client));
                self.connection.configure(Configured { client, region: resolved.region });
                Diagnostics::default()
            }
            Err(diagnostics) => diagnostics,
        }
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}
