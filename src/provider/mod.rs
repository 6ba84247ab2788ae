//! Turns configuration into a client and lists what is served; decides nothing per type.

mod addresses;
pub mod config;
mod credentials;
mod endpoints_file;
pub mod environment;
mod network;
mod schema;

use std::path::Path;
use std::sync::Arc;

use self::config::{Resolved, resolve};
use self::environment::Environment;
use self::schema::ProviderBlock;
use crate::arbitrary::{Arbitrary, ArbitraryEphemeral};
use crate::client::Client;
use crate::configuration::{ConfigurationDataSource, ConfigurationList, ConfigurationResource};
use crate::framework::codec::to_model;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::{Provider, Registry};
use crate::framework::schema::Schema;
use crate::framework::value::Object;
use crate::functions::functions;
use crate::iam_credentials::{IamCredentials, IamCredentialsEphemeral, Lease, Rotate};
use crate::instance::{Configured, Connected, Connection};
use crate::known_secrets::KnownSecrets;
use crate::secret::{SecretDataSource, SecretList, SecretMetadataDataSource, SecretResource};
use crate::secret_group::{
    SecretGroupDataSource, SecretGroupList, SecretGroupResource, SecretGroupsDataSource,
};

/// A function that looks up an environment variable.
pub type Variable = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The providers whose states of the same types can be taken over: the official one, and this
/// one under its present and its former address.
const UNDERSTOOD: &[&str] = &["ibm-cloud/ibm", "ibm-sm/ibm", "ibm-sm/ibm-sm"];

/// The provider for secrets of IBM Cloud Secrets Manager.
pub struct IbmSm {
    schema: Schema,
    registry: Registry,
    connection: Connection,
    variable: Variable,
    known_secrets: KnownSecrets,
}

impl IbmSm {
    /// A provider that takes arguments that its block omits from these environment variables.
    pub fn new(variable: Variable) -> Self {
        let connection = Connection::default();
        let to = &connection;
        IbmSm {
            schema: schema::schema(),
            registry: Registry {
                resources: vec![
                    Connected::<SecretResource<IamCredentials>>::to(to),
                    Connected::<SecretResource<Arbitrary>>::to(to),
                    Connected::<ConfigurationResource>::to(to),
                    Connected::<SecretGroupResource>::to(to),
                ],
                data_sources: vec![
                    Connected::<SecretDataSource<IamCredentials>>::to(to),
                    Connected::<SecretMetadataDataSource<IamCredentials>>::to(to),
                    Connected::<SecretDataSource<Arbitrary>>::to(to),
                    Connected::<SecretMetadataDataSource<Arbitrary>>::to(to),
                    Connected::<ConfigurationDataSource>::to(to),
                    Connected::<SecretGroupDataSource>::to(to),
                    Connected::<SecretGroupsDataSource>::to(to),
                ],
                list_resources: vec![
                    Connected::<SecretList<IamCredentials>>::to(to),
                    Connected::<SecretList<Arbitrary>>::to(to),
                    Connected::<ConfigurationList>::to(to),
                    Connected::<SecretGroupList>::to(to),
                ],
                ephemeral_resources: vec![
                    Connected::<IamCredentialsEphemeral>::to(to),
                    Connected::<Lease>::to(to),
                    Connected::<ArbitraryEphemeral>::to(to),
                ],
                actions: vec![Connected::<Rotate>::to(to)],
                functions: functions(),
            },
            connection,
            variable,
            known_secrets: KnownSecrets::default(),
        }
    }
}

impl Provider for IbmSm {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = self.schema.validate(config);
        match to_model::<ProviderBlock>(config) {
            Ok(block) => diagnostics.add_diagnostics(config::validate(&block)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn configure(&self, config: &Object) -> Diagnostics {
        let environment = Environment {
            variable: &*self.variable,
            read_file: &|path| std::fs::read_to_string(path),
            file_exists: &|path| Path::new(path).exists(),
        };
        network::add_system_proxies(&environment, &self.known_secrets);
        let resolved = to_model::<ProviderBlock>(config)
            .and_then(|block| resolve(&block, &environment, &self.known_secrets));
        match resolved {
            Ok(resolved) => {
                let Resolved {
                    client,
                    region,
                    adopt_existing,
                    cleanup_iam_on_destroy,
                    warnings,
                    defaults,
                } = resolved;
                let client = Arc::new(Client::new(client));
                self.connection.configure(Configured {
                    client,
                    region,
                    adopt_existing,
                    cleanup_iam_on_destroy,
                    defaults,
                });
                warnings
            }
            Err(diagnostics) => diagnostics,
        }
    }

    fn understood_providers(&self) -> &'static [&'static str] {
        UNDERSTOOD
    }

    fn known_secrets(&self) -> &KnownSecrets {
        &self.known_secrets
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}
