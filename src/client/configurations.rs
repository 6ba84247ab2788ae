//! The engine's configurations: one method per endpoint (ibm-api.md 2.8).

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use super::InstanceClient;
use super::call::Call;
use super::error::ApiError;
use super::pages::PAGE_SIZE;
use super::types::{
    Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    ConfigurationType, SecretType,
};

/// Names are unique only per kind: without this header the service may answer 300.
const ACCEPT_TYPE: HeaderName = HeaderName::from_static("x-sm-accept-configuration-type");
const IAM_CREDENTIALS: HeaderValue = HeaderValue::from_static("iam_credentials_configuration");

impl InstanceClient {
    /// C1: creates the engine's configuration. The service checks the key.
    pub async fn create_configuration(
        &self,
        prototype: &ConfigurationPrototype,
    ) -> Result<Configuration, ApiError> {
        let call = self.call("create_configuration", Method::POST, &["configurations"])?;
        let call = call.secret(Some(&prototype.api_key)).json(prototype)?;
        self.json(&call).await
    }

    /// C3: the configuration with its key.
    pub async fn get_configuration(&self, name: &str) -> Result<Configuration, ApiError> {
        let call = self.configuration_call("get_configuration", Method::GET, name)?;
        self.json(&call).await
    }

    /// C2: the configuration of the IAM credentials engine of this name, without its key.
    pub async fn find_configuration(
        &self,
        name: &str,
    ) -> Result<Option<ConfigurationMetadata>, ApiError> {
        let call = self.list_configurations_call()?;
        let is_it = |found: &ConfigurationMetadata| is_of_the_engine(found) && found.name == name;
        Ok(self.pages(&call, PAGE_SIZE, 1, is_it).await?.pop())
    }

    /// C2: up to `limit` configurations of the IAM credentials engine, without their keys. `search`
    /// is part of the name or of the type, 2 to 128 characters.
    pub async fn list_configurations(
        &self,
        search: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ConfigurationMetadata>, ApiError> {
        let call = self.list_configurations_call()?;
        let call = match search {
            Some(search) => call.query(&[("search", search)]),
            None => call,
        };
        self.pages(&call, PAGE_SIZE, limit, is_of_the_engine).await
    }

    /// C4: changes the key or switches the engine off and on.
    pub async fn update_configuration(
        &self,
        name: &str,
        patch: &ConfigurationPatch,
    ) -> Result<Configuration, ApiError> {
        let call = self.configuration_call("update_configuration", Method::PATCH, name)?;
        let call = call.secret(patch.api_key.as_ref()).merge_patch(patch)?;
        self.json(&call).await
    }

    /// C5: deletes the configuration.
    pub async fn delete_configuration(&self, name: &str) -> Result<(), ApiError> {
        let call = self.configuration_call("delete_configuration", Method::DELETE, name)?;
        self.empty(&call).await
    }

    fn list_configurations_call(&self) -> Result<Call, ApiError> {
        let call = self.call("list_configurations", Method::GET, &["configurations"])?;
        Ok(call.query(&[("secret_types", SecretType::IamCredentials.as_str()), ("sort", "name")]))
    }

    fn configuration_call(
        &self,
        operation: &'static str,
        method: Method,
        name: &str,
    ) -> Result<Call, ApiError> {
        let call = self.call(operation, method, &["configurations", name])?;
        Ok(call.header(ACCEPT_TYPE, IAM_CREDENTIALS))
    }
}

fn is_of_the_engine(found: &ConfigurationMetadata) -> bool {
    found.config_type == ConfigurationType::IamCredentialsConfiguration
}
