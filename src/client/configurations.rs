//! The engine's configurations: one method per endpoint (ibm-api.md 2.8).

use reqwest::header::{HeaderName, HeaderValue};

use super::error::ApiError;
use super::instance::InstanceClient;
use super::operation::Operation;
use super::pages::PAGE_SIZE;
use super::request::Request;
use super::types::{
    Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    ConfigurationType, IamCredentials, SecretType,
};

/// Names are unique only per type: without this header the service may respond with 300.
const ACCEPT_TYPE: HeaderName = HeaderName::from_static("x-sm-accept-configuration-type");
const IAM_CREDENTIALS: HeaderValue = HeaderValue::from_static("iam_credentials_configuration");

impl InstanceClient {
    /// C1: creates the engine's configuration. The service checks the key.
    pub async fn create_configuration(
        &self,
        prototype: &ConfigurationPrototype,
    ) -> Result<Configuration, ApiError> {
        let request = self.request(Operation::CreateConfiguration, &[])?;
        self.json(&request.secret(Some(&prototype.api_key)).json(prototype)?).await
    }

    /// C3: the configuration with its key.
    pub async fn get_configuration(&self, name: &str) -> Result<Configuration, ApiError> {
        let request = self.configuration_request(Operation::GetConfiguration, name)?;
        let configuration: Configuration = self.json(&request).await?;
        self.received(configuration.api_key.as_ref());
        Ok(configuration)
    }

    /// C2: the configuration of the IAM credentials engine of this name, without its key.
    pub async fn find_configuration(
        &self,
        name: &str,
    ) -> Result<Option<ConfigurationMetadata>, ApiError> {
        let request = self.list_configurations_request()?;
        let wanted = |found: &ConfigurationMetadata| is_of_the_engine(found) && found.name == name;
        Ok(self.pages(&request, PAGE_SIZE, 1, wanted).await?.pop())
    }

    /// C2: up to `limit` configurations of the IAM credentials engine, without their keys. `search`
    /// is part of the name or of the type, 2 to 128 characters.
    pub async fn list_configurations(
        &self,
        search: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ConfigurationMetadata>, ApiError> {
        let request = self.list_configurations_request()?;
        let request = match search {
            Some(search) => request.query(&[("search", search)]),
            None => request,
        };
        self.pages(&request, PAGE_SIZE, limit, is_of_the_engine).await
    }

    /// C4: changes the key, or switches the engine off or on.
    pub async fn update_configuration(
        &self,
        name: &str,
        patch: &ConfigurationPatch,
    ) -> Result<Configuration, ApiError> {
        let request = self.configuration_request(Operation::UpdateConfiguration, name)?;
        self.json(&request.secret(patch.api_key.as_ref()).merge_patch(patch)?).await
    }

    /// C5: deletes the configuration.
    pub async fn delete_configuration(&self, name: &str) -> Result<(), ApiError> {
        self.empty(&self.configuration_request(Operation::DeleteConfiguration, name)?).await
    }

    fn list_configurations_request(&self) -> Result<Request, ApiError> {
        let request = self.request(Operation::ListConfigurations, &[])?;
        Ok(request.query(&[("secret_types", IamCredentials::NAME), ("sort", "name")]))
    }

    fn configuration_request(&self, operation: Operation, name: &str) -> Result<Request, ApiError> {
        Ok(self.request(operation, &[name])?.header(ACCEPT_TYPE, IAM_CREDENTIALS))
    }
}

fn is_of_the_engine(found: &ConfigurationMetadata) -> bool {
    found.config_type == ConfigurationType::IamCredentialsConfiguration
}
